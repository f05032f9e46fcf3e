// Restoring and verifying in a model: what comes back is what the model says.
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { restore } from '../../src/jobs/restore/restore.ts';
import type { SeriesLab } from '../../src/jobs/run/series.lab.ts';
import { verify } from '../../src/jobs/verify/verify.ts';
import { Series } from '../../src/series/series.ts';
import { LocalStore } from '../../src/store/local/local-store.ts';
import { hasTool, tool } from '../support/command.ts';
import { asZip } from '../support/restored.ts';
import { lookAt, type Seen } from '../support/trees.ts';
import { chosen, comparable, type Moment } from './moment.ts';
import { asStarter } from './ordinary.ts';
import { removeAll } from './remove-all.ts';
import type { ProgramStep } from './steps.ts';

/** docs/decisions.md: times come back to the microsecond, by Node 24 to a quarter of that. */
const ROUNDING_NS = 2000n;

const NEVER = new AbortController().signal;
const HAS_TOOLS = ['tar', 'zstd', 'unzip'].every(hasTool);

export async function look(
  step: Extract<ProgramStep, { do: 'restore' | 'script' | 'verify' }>,
  lab: SeriesLab,
  moments: ReadonlyMap<string, Moment>,
): Promise<void> {
  const series = new Series(new LocalStore(lab.row.destination), lab.row.name);
  if (step.do === 'verify') {
    await verifyAll(series, step.level, moments.size);
    return;
  }
  const names = [...moments.keys()].toSorted();
  const at = names[step.at % names.length] ?? '';
  const moment = moments.get(at);
  assert(moment !== undefined);
  const to = join(lab.root, 'restored');
  if (step.do === 'script') {
    asStarter(() => runScript(lab, at, to, moment));
    return;
  }
  await restoreSome(series, at, to, moment, step.glob);
  removeAll(to);
}

async function verifyAll(series: Series, level: 'quick' | 'full', snapshots: number): Promise<void> {
  const told: unknown[] = [];
  const report = (event: { event: string }): void => {
    if (event.event === 'damage' || event.event === 'lost') told.push(event);
  };
  const { end } = await verify(series, { at: undefined, level, signal: NEVER, report });
  assert.deepEqual(
    { told, status: end.status, snapshots: end.snapshots },
    { told: [], status: 0, snapshots },
    'verify',
  );
}

async function restoreSome(
  series: Series,
  at: string,
  to: string,
  moment: Moment,
  glob: string | undefined,
): Promise<void> {
  const wanted = glob === undefined ? moment : chosen(moment, glob);
  const problems: unknown[] = [];
  const report = (event: { event: string }): void => {
    if (event.event === 'problem') problems.push(event);
  };
  const restoring = restore(series, {
    at,
    globs: glob === undefined ? [] : [glob],
    to,
    overwrite: 'never',
    deletes: false,
    dryRun: false,
    signal: NEVER,
    report,
  });
  if (wanted.seen.size === 0 && glob !== undefined) {
    await assert.rejects(restoring, { code: 'E_USAGE' });
    return;
  }
  const { status } = await restoring;
  assert.deepEqual({ status, problems }, { status: 0, problems: [] }, `restore of ${at}`);
  const found: Moment = { seen: asStarter(() => rounded(lookAt(to), wanted)), isPatched: false };
  assert.deepEqual(
    comparable(found, wanted.isPatched),
    comparable(wanted, wanted.isPatched),
    `restore of ${at}`,
  );
}

/** What someone gets who has tar and unzip only. */
function runScript(lab: SeriesLab, at: string, to: string, moment: Moment): void {
  if (!HAS_TOOLS) return;
  tool('sh', [lab.folder(at, 'RESTORE.txt'), to]);
  const isZip = lab.info(at).format === 'zip';
  const [found, wanted] = [lookAt(to), new Map(moment.seen)].map((seen) => (isZip ? asZip(seen) : seen));
  assert.deepEqual(
    comparable({ seen: found ?? new Map(), isPatched: false }, moment.isPatched),
    comparable({ seen: wanted ?? new Map(), isPatched: false }, moment.isPatched),
    `RESTORE.txt of ${at}`,
  );
  removeAll(to);
}

/** Times that are as near as they can be set become the ones that are wanted. */
function rounded(seen: Map<string, Seen>, { seen: wanted }: Moment): Map<string, Seen> {
  return new Map(
    [...seen].map(([path, entry]) => {
      const mtimeNs = wanted.get(path)?.mtimeNs ?? 0n;
      const off = entry.mtimeNs > mtimeNs ? entry.mtimeNs - mtimeNs : mtimeNs - entry.mtimeNs;
      return [path, off < ROUNDING_NS ? { ...entry, mtimeNs } : entry];
    }),
  );
}
