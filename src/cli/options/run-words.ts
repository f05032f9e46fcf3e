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
  const values: Readonly<Record<string, unknown>> = { ...options };
  const table: Readonly<Record<string, { readonly describe: string; readonly default?: unknown }>> = {
    plan,
    config,
    identity,
    log,
    ...SCHEDULED_OPTIONS,
  };
  return Object.entries(table).flatMap(([name, option]) => {
    const value = values[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    const isFromFile = isDeepStrictEqual(value, file[name]);
    // Which plan it is must not depend on the folder, so that is said in any case.
    if (value === undefined || isFromFile) return [];
    if (name !== 'plan' && isDeepStrictEqual(value, option.default) && file[name] === undefined) return [];
    if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`];
    const texts = (Array.isArray(value) ? value : [value]).map((one: unknown) =>
      PATHS.includes(name) ? resolve(one as string) : `${one as string | number}`,
    );
    if (texts.length === 0) return [];
    // With `=`, as a command of the user's may begin with a dash.
    return name === 'before' || name === 'after' ? [`--${name}=${texts.join('')}`] : [`--${name}`, ...texts];
  });
}
