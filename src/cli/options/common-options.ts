/** The options that every command has. */
export const COMMON_OPTIONS = {
  plan: {
    alias: 'f',
    type: 'string',
    default: 'backup-plan.csv',
    describe: 'The plan, a CSV file',
    requiresArg: true,
  },
  config: { type: 'string', describe: 'A JSON file with options, the same for every run', requiresArg: true },
  json: { type: 'boolean', default: false, describe: 'One JSON object per line' },
  quiet: { alias: 'q', type: 'boolean', default: false, describe: 'Only say what went wrong' },
  color: { type: 'boolean', default: true, describe: 'No colours' },
  identity: {
    type: 'string',
    describe: 'File with the key that opens encrypted snapshots',
    requiresArg: true,
  },
  log: { type: 'string', describe: 'Log file, instead of the usual place', requiresArg: true },
} as const;

export interface CommonOptions {
  readonly plan: string;
  readonly config: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly identity: string | undefined;
  readonly log: string | undefined;
}
