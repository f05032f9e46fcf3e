// The options of `run`, besides those of notices: the command line, a file of options and other commands that
// run a plan share the table.
import type { Argv } from 'yargs';
import type { CommonOptions } from './common-options.ts';
import type { NoticeOptions } from '../../jobs/nightly/open-channels.ts';
import { NOTICE_OPTIONS } from './notice-options.ts';

export const RUN_OPTIONS = {
  only: {
    alias: 'o',
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'Names of rows to run',
    requiresArg: true,
  },
  'dry-run': {
    alias: 'n',
    type: 'boolean',
    default: false,
    describe: 'Say what would be done, and do nothing',
  },
  shard: {
    type: 'string',
    describe: 'Every N-th row only, from the I-th on: I/N',
    requiresArg: true,
  },
  'low-priority': {
    type: 'boolean',
    default: false,
    describe: 'Let other programs go first: processor and disk',
  },
  'not-on-battery': {
    type: 'boolean',
    default: false,
    describe: 'Begin no row while the machine runs on battery',
  },
  'max-rate': {
    type: 'string',
    describe: 'Write no faster than this, as 20MB/s, all rows together',
    requiresArg: true,
  },
  jobs: { alias: 'j', type: 'number', default: 1, describe: 'Rows at once', requiresArg: true },
  rehash: { type: 'boolean', default: false, describe: 'Read every file, whatever its times say' },
  'accept-changes': {
    type: 'string',
    describe: 'Go on although much changed, or the source is empty; =PATH: what is about that path only',
  },
  adopt: {
    type: 'boolean',
    default: false,
    describe: 'Go on with a series that belongs to another source or machine',
  },
  shutdown: { type: 'string', describe: 'Shut down afterwards; =always: also when a row failed' },
  before: {
    type: 'string',
    describe: 'A command to run first; if it ends with 75, the run is skipped',
    requiresArg: true,
  },
  after: { type: 'string', describe: 'A command to run afterwards, whatever happened', requiresArg: true },
  'notify-on': {
    choices: ['always', 'trouble'],
    default: 'always',
    describe: 'Whether to tell of runs without trouble too',
    requiresArg: true,
  },
} as const;

const {
  'dry-run': _dry,
  'accept-changes': _accept,
  adopt: _adopt,
  shutdown: _shutdown,
  ...scheduled
} = RUN_OPTIONS;

/** Those that every run of a schedule may have. The others are decided for one run. */
export const SCHEDULED_OPTIONS: Omit<
  typeof RUN_OPTIONS,
  'dry-run' | 'accept-changes' | 'adopt' | 'shutdown'
> &
  typeof NOTICE_OPTIONS = { ...scheduled, ...NOTICE_OPTIONS };

/** In help, from what everyone uses to what few do. Those in no group come last. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'What to do:': ['only', 'shard', 'dry-run', 'rehash', 'accept-changes', 'adopt'],
  'How fast, and when not:': ['jobs', 'low-priority', 'max-rate', 'not-on-battery'],
  'Before and afterwards:': ['before', 'after', 'notify', 'notify-on', 'smtp-file', 'shutdown'],
};

/** Puts those of `table` into groups for the help of `command`. */
export function groupRunOptions<T>(command: Argv<T>, table: object): Argv<T> {
  return Object.entries(GROUPS).reduce(
    (grouped, [title, names]) =>
      grouped.group(
        names.filter((name) => name in table),
        title,
      ),
    command,
  );
}

export interface RunCommandOptions extends CommonOptions, NoticeOptions {
  readonly only: readonly string[];
  readonly dryRun: boolean;
  readonly shard: string | undefined;
  readonly maxRate: string | undefined;
  readonly lowPriority: boolean;
  readonly notOnBattery: boolean;
  readonly jobs: number;
  readonly rehash: boolean;
  /** Empty: all of them. `false` when it was taken back. */
  readonly acceptChanges: string | readonly string[] | false | undefined;
  readonly adopt: boolean;
  readonly shutdown: string | undefined;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly notifyOn: 'always' | 'trouble';
}

/** What `--accept-changes` says: everything, or some paths. */
export function acceptedBy({ acceptChanges = false }: Pick<RunCommandOptions, 'acceptChanges'>): {
  readonly acceptChanges: boolean;
  readonly acceptPaths: readonly string[];
} {
  const given = acceptChanges === false ? [] : [acceptChanges].flat();
  return { acceptChanges: given.includes(''), acceptPaths: given.filter((path) => path !== '') };
}

export type ScheduledRunOptions = Omit<RunCommandOptions, 'dryRun' | 'acceptChanges' | 'adopt' | 'shutdown'>;
