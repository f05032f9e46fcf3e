import { resolve } from 'node:path';
import { addressKind } from '../../base/address.ts';
import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { gravestStatus, SnapshotError, systemCode } from '../../base/errors.ts';
import { pushTo } from '../../jobs/mirror/push.ts';
import { isInside, realPlace } from '../../plan/place.ts';
import { loadPlan, type Row } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface PushCommandOptions extends CommonOptions {
  readonly paths: readonly string[];
  readonly to: string | undefined;
}

/** Copies single paths now: to their place in a mirror of the plan, or beside all mirrors. */
export async function pushCommand(options: PushCommandOptions, terminal: Terminal): Promise<number> {
  const mirrors = await mirrorsOf(options);
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  const statuses: number[] = [];
  const own = new Set<Row>();
  try {
    for (const path of options.paths.map(String)) {
      const row = options.to === undefined ? await rowWith(path, mirrors) : undefined;
      if (row !== undefined) own.add(row);
      else
        statuses.push(
          await pushOne(path, destinationOf(options.to, mirrors), options, stop.signal, terminal),
        );
    }
  } finally {
    stop.dispose();
  }
  if (own.size > 0) {
    // Whatever else has changed in their sources goes along.
    const none = { dryRun: false, rehash: false, acceptChanges: false, adopt: false };
    const only = [...own].map(({ name }) => name);
    const { mirrorOnce } = await import('./mirror-once.ts');
    statuses.push(
      await mirrorOnce(await loadPlan(options.plan), { ...options, ...none, log: undefined, only }, terminal),
    );
  }
  return gravestStatus(statuses);
}

/** The mirrors of the plan; none where there is no plan, and none is needed. */
async function mirrorsOf({ plan, to }: PushCommandOptions): Promise<readonly Row[]> {
  try {
    return (await loadPlan(plan)).rows.filter(({ active, strategy }) => active && strategy === 'mirror');
  } catch (error) {
    const isMissing = error instanceof SnapshotError && systemCode(error.cause) === 'ENOENT';
    if (isMissing && to !== undefined) return [];
    throw error;
  }
}

/** The mirror that has a path of its source. */
export async function rowWith(path: string, mirrors: readonly Row[]): Promise<Row | undefined> {
  const real = (await realPlace(resolve(path))) ?? resolve(path);
  for (const row of mirrors) {
    const source = (await realPlace(row.source)) ?? row.source;
    if (isInside(real, source)) return row;
  }
  return undefined;
}

/** @throws {@link SnapshotError} `E_USAGE` when nobody says where it is to go. */
function destinationOf(to: string | undefined, mirrors: readonly Row[]): string {
  const named = mirrors.find(({ name }) => name === to);
  if (named !== undefined) return named.destination;
  if (to !== undefined && addressKind(to) !== undefined)
    throw new SnapshotError('E_USAGE', `--to ${to}: it takes a folder, or the name of a mirror`);
  if (to !== undefined) return resolve(to);
  const [first, ...others] = new Set(mirrors.map(({ destination }) => destination));
  if (first !== undefined && others.length === 0) return first;
  throw new SnapshotError('E_USAGE', 'Where to?', {
    hint: `It lies in no source of a mirror: name a folder with --to${mirrors.length > 0 ? `, or one of ${mirrors.map(({ name }) => name).join(', ')}` : ''}.`,
  });
}

async function pushOne(
  path: string,
  destination: string,
  { json, quiet }: PushCommandOptions,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<number> {
  const { folder, files, bytes, same, problems } = await pushTo(path, destination, signal);
  const status = problems.length > 0 ? 3 : 0;
  if (json) {
    terminal.out(JSON.stringify({ event: 'pushed', path, folder, files, bytes, same, problems, status }));
    return status;
  }
  for (const problem of problems)
    terminal.err(`${terminal.style('yellow', problem.path)}: ${problem.reason}`);
  const there = same > 0 ? `, ${formatCountOf(same, 'file was', 'files were')} there already` : '';
  if (!quiet) terminal.out(`${folder}: ${formatCountOf(files, 'file')}, ${formatBytes(bytes)}${there}`);
  return status;
}
