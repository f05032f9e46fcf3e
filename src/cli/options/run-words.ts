import { isDeepStrictEqual } from 'node:util';
import { resolve } from 'node:path';
import { COMMON_OPTIONS } from './common-options.ts';
import type { FileOptions } from './config-file.ts';
import { type ScheduledRunOptions, SCHEDULED_OPTIONS } from './run-options.ts';

/** They name files. */
const PATHS = ['plan', 'config', 'identity', 'log', 'smtp-file'];

/**
 * The words on a command line that give a run these options, from any folder. What is so by default, or because
 * the file of options says so, is left out: the file is read again by each run.
 */
export function runWords(options: ScheduledRunOptions, file: FileOptions): readonly string[] {
  const { plan, config, identity, log } = COMMON_OPTIONS;
  // Which plan it is must not depend on the folder, so that is said in any case.
  const table = { plan: { describe: plan.describe }, config, identity, log, ...SCHEDULED_OPTIONS };
  return wordsOf(table, { ...options }, PATHS, file);
}

/**
 * The words on a command line that give the options of `table` these values.
 *
 * @param values - By the names of the options, `trustedProxy` for `trusted-proxy`.
 * @param paths - Those that name files: they are told so that they count from any folder.
 * @param file - What the file of options says.
 */
export function wordsOf(
  table: Readonly<Record<string, { readonly describe: string; readonly default?: unknown }>>,
  values: Readonly<Record<string, unknown>>,
  paths: readonly string[],
  file: FileOptions = {},
): readonly string[] {
  return Object.entries(table).flatMap(([name, option]) => {
    const value = values[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (value === undefined || isDeepStrictEqual(value, file[name])) return [];
    if (isDeepStrictEqual(value, option.default) && file[name] === undefined) return [];
    if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`];
    const texts = (Array.isArray(value) ? value : [value]).map((one: unknown) =>
      paths.includes(name) ? resolve(one as string) : `${one as string | number}`,
    );
    if (texts.length === 0) return [];
    // With `=`, as a command of the user's may begin with a dash.
    return name === 'before' || name === 'after' ? [`--${name}=${texts.join('')}`] : [`--${name}`, ...texts];
  });
}
