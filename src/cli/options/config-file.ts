// Options in a file, for runs that are always the same.
import { localPath } from '../../plan/local-path.ts';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { printable, reasonOf, SnapshotError } from '../../base/errors.ts';
import { suggest } from '../../plan/nearest.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import { NOTICE_OPTIONS } from './notice-options.ts';
import { RUN_OPTIONS } from './run-options.ts';

/** As much of an option as there is to check a value by. */
interface Option {
  readonly type?: 'string' | 'number' | 'boolean';
  readonly array?: boolean;
  readonly choices?: readonly string[];
  readonly describe: string;
}

/** Values by the names of options. */
export type FileOptions = Readonly<Record<string, unknown>>;

const { plan, log } = COMMON_OPTIONS;
const { 'dry-run': _dry, 'accept-changes': acceptChanges, adopt, ...ofRuns } = RUN_OPTIONS;

/** What may be in a file. What is about who reads the output, or decided for one run, may not. */
export const FILE_OPTIONS: Readonly<Record<string, Option>> = { plan, log, ...ofRuns, ...NOTICE_OPTIONS };

/** They name files, and start at the folder of the file they are in. */
const PATHS = ['plan', 'log', 'smtp-file'];

/**
 * The file that `args` name with `--config`, or else `SNAPSHOT_CONFIG`. It must be known before the options are
 * read, as it holds what they are by default.
 */
export function configFile(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const named = args.flatMap((arg, i) => {
    if (arg === '--config') return [args[i + 1] ?? ''];
    return arg.startsWith('--config=') ? [arg.slice('--config='.length)] : [];
  });
  return [named.at(-1), env['SNAPSHOT_CONFIG']].find((file) => file !== undefined && file !== '');
}

/**
 * Reads the options in `file`.
 *
 * @throws {@link SnapshotError} `E_USAGE` when it cannot be read, or holds what is no option.
 */
export async function readConfig(file: string): Promise<FileOptions> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw cannot(file, reasonOf(cause), cause);
  });
  return parseConfig(text, file);
}

/** @param file - Where `text` comes from; relative paths in it start at its folder. */
export function parseConfig(text: string, file: string): FileOptions {
  const values = objectIn(text.replace(/^\ufeff/, ''), file);
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    // Editors look there for docs/snapshot.schema.json.
    if (name === '$schema') continue;
    const option = Object.hasOwn(FILE_OPTIONS, name) ? FILE_OPTIONS[name] : undefined;
    if (option === undefined) throw cannot(file, unknown(name));
    const wrong = wrongIn(name, option, value);
    if (wrong !== undefined) throw cannot(file, `\`${name}\` takes ${wrong}`);
    if (PATHS.includes(name)) localPath(`${file}: \`${name}\``, String(value));
    checked[name] = PATHS.includes(name) ? resolve(dirname(file), String(value)) : value;
  }
  const { shutdown, ...others } = checked;
  if (shutdown === undefined || shutdown === false) return others;
  // On the command line it is an option without a value.
  return { ...others, shutdown: shutdown === true ? '' : shutdown };
}

function objectIn(text: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What Node says of it quotes the text, and with it what may be secret.
    throw cannot(file, 'it is not JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw cannot(file, 'it is not one object in braces');
}

function unknown(name: string): string {
  const shown = `\`${printable(name)}\``;
  const once = name === 'accept-changes' ? acceptChanges : name === 'adopt' ? adopt : undefined;
  if (once !== undefined) return `${shown} is for one run: "${once.describe}"`;
  return `${shown} is no option for a file: ${suggest(name, Object.keys(FILE_OPTIONS))}`;
}

/** What `value` should be, or undefined when it is right. */
function wrongIn(
  name: string,
  { type = 'string', array = false, choices }: Option,
  value: unknown,
): string | undefined {
  if (name === 'shutdown')
    return [true, false, 'always'].includes(value as never) ? undefined : '`true`, `false` or `"always"`';
  if (choices !== undefined) {
    const quoted = choices.map((choice) => `\`"${choice}"\``).join(' or ');
    return choices.includes(value as never) ? undefined : quoted;
  }
  if (!array) return isOf(type, value) ? undefined : `a ${type}`;
  return Array.isArray(value) && value.every((one) => isOf(type, one)) ? undefined : `a list of ${type}s`;
}

function isOf(type: string, value: unknown): boolean {
  return typeof value === type && value !== '';
}

function cannot(file: string, why: string, cause?: unknown): SnapshotError {
  return new SnapshotError('E_USAGE', `Cannot use the options in "${file}": ${why}`, { cause });
}

/** `table` with what the file says as the defaults: so the command line wins. */
export function withDefaults<T extends object>(table: T, file: FileOptions): T {
  const entries = Object.entries(table).map(([name, option]) => {
    const value = file[name];
    const more = value === undefined ? {} : { default: value };
    return [name, { ...option, ...more }] as const;
  });
  return Object.fromEntries(entries) as T;
}
