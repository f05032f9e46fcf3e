import { SnapshotError } from '../../base/errors.ts';

/** Options that take one value. */
const SINGLE = [
  'plan',
  'log',
  'jobs',
  'max-rate',
  'shard',
  'shutdown',
  'at',
  'series',
  'to',
  'as',
  'overwrite',
  'level',
  'sample',
  'seed',
  'config',
  'before',
  'after',
  'notify-on',
  'smtp-file',
  'cron',
  'timezone',
  'jitter',
  'name',
  'with',
  'reason',
  'encrypt',
  'destination',
  'depth',
  'on-failure',
  'html',
  'to-file',
  'serve',
  'listen',
  'cert',
  'key',
  'base-url',
  'max-size',
  'min-free',
  'quota',
  'scope',
  'token-file',
  'cacert',
  'receipt',
  'client-id',
  'client-secret-file',
  'account',
  'identity',
  'keep',
  'poll',
  'restore-to',
] as const;

/**
 * Refuses an option that is given twice: which one counts would be a guess. And one that is empty: a variable of
 * the shell that is not set makes it so, and `restore --to "$TARGET"` must not write into the current folder.
 */
export function checkGivenValues(options: Readonly<Record<string, unknown>>): true {
  for (const name of SINGLE) {
    const value = options[name];
    if (Array.isArray(value)) throw new SnapshotError('E_USAGE', `--${name} is given twice`);
    // Without a value, `--shutdown` says all; and no series has an empty name.
    if (value === '' && name !== 'shutdown' && name !== 'series') {
      throw new SnapshotError('E_USAGE', `--${name} is empty`, {
        hint: 'Is it about a variable that is not set?',
      });
    }
  }
  return true;
}
