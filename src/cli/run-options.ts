// The options of `run`, in a table: the command line, its help and other commands that run a plan share it.
import type { CommonOptions } from './common-options.ts';

export const RUN_OPTIONS = {
  only: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'Names of rows to run',
    requiresArg: true,
  },
  'dry-run': { type: 'boolean', default: false, describe: 'Say what would be done, and do nothing' },
  jobs: { type: 'number', default: 1, describe: 'Rows at once', requiresArg: true },
  rehash: { type: 'boolean', default: false, describe: 'Read every file, whatever its times say' },
  'accept-changes': {
    type: 'boolean',
    default: false,
    describe: 'Go on although much changed, or the source is empty',
  },
  shutdown: { type: 'string', describe: 'Shut down afterwards; =always: also when a row failed' },
} as const;

export interface RunCommandOptions extends CommonOptions {
  readonly only: readonly string[];
  readonly dryRun: boolean;
  readonly jobs: number;
  readonly rehash: boolean;
  readonly acceptChanges: boolean;
  readonly shutdown: string | undefined;
}
