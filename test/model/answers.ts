// What `list`, `status` and `verify` say of a series, against what is true.
import { strict as assert } from 'node:assert';
import { list } from '../../src/jobs/look/list.ts';
import type { SeriesLab } from '../../src/jobs/run/series.lab.ts';
import { readStatus } from '../../src/jobs/status/read-status.ts';
import { verify } from '../../src/jobs/verify/verify.ts';
import { Series } from '../../src/series/series.ts';
import { LocalStore } from '../../src/store/local/local-store.ts';

/** The truth about a series in which nothing is damaged. */
export interface Truth {
  /** In the order in which they were written. */
  readonly snapshots: readonly string[];
  readonly pinned: ReadonlySet<string>;
  /** Whether it belongs to this machine, and not to one of another name. */
  readonly isOurs: boolean;
  readonly now: Date;
  /** What a rotation would let go; undefined where a clock was wrong. */
  readonly letGo: readonly string[] | undefined;
  /** How the last run ended that was not stopped. */
  readonly last: 'well' | 'failed';
  /** When the last success began; undefined without one, or where a clock was wrong. */
  readonly successMs: number | undefined;
  /** A guard holds rotation back. */
  readonly isHeld: boolean;
  /** The last run could not read something; undefined: who knows. */
  readonly isMissing: boolean | undefined;
}

export function seriesOf({ row }: SeriesLab): Series {
  return new Series(new LocalStore(row.destination), row.name);
}

const NOBODY = async (): Promise<undefined> => await Promise.resolve(undefined);

/** Asks all three. */
export async function checkAnswers(lab: SeriesLab, truth: Truth): Promise<void> {
  await checkList(lab, truth);
  await checkStatus(lab, truth);
  if (truth.snapshots.length > 0) await checkVerify(lab, truth);
}

async function checkList(lab: SeriesLab, { snapshots, pinned, now, letGo }: Truth): Promise<void> {
  const listed = await list({ series: seriesOf(lab), row: lab.row, everyMs: lab.row.every }, NOBODY, now);
  const said = {
    snapshots: listed.snapshots.map(({ name }) => name).toSorted(),
    pinned: listed.snapshots.flatMap((one) => (one.pin === undefined ? [] : [one.name])).toSorted(),
    flaws: listed.snapshots.flatMap(({ flaws }) => flaws),
    damaged: listed.damaged,
  };
  const wanted = { snapshots: snapshots.toSorted(), pinned: [...pinned].toSorted(), flaws: [], damaged: [] };
  assert.deepEqual(said, wanted, 'list');
  if (letGo === undefined) return;
  const unkept = listed.snapshots.flatMap(({ name, reasons }) => (reasons?.length === 0 ? [name] : []));
  assert.deepEqual(unkept.toSorted(), letGo.toSorted(), 'what `list` says that no rule keeps');
}

async function checkStatus(lab: SeriesLab, truth: Truth): Promise<void> {
  const { snapshots, isOurs, now, last, successMs, isHeld, isMissing } = truth;
  const everyMs = lab.row.every;
  const status = await readStatus({ series: seriesOf(lab), row: lab.row, everyMs }, now, NOBODY);
  const told = `status: ${status.reasons.join('; ')}`;
  assert.equal(status.size?.snapshots ?? 0, snapshots.length, told);
  if (!isOurs || last === 'failed' || isHeld || isMissing === true)
    assert.equal(status.state, 'failing', told);
  else if (successMs !== undefined && isMissing === false) {
    const isLate = now.getTime() > successMs + everyMs * 1.5;
    assert.equal(status.state, isLate ? 'overdue' : 'ok', told);
    assert.equal(status.reasons.length, isLate ? 1 : 0, told);
  }
}

async function checkVerify(lab: SeriesLab, { snapshots }: Truth): Promise<void> {
  const signal = new AbortController().signal;
  const { end } = await verify(seriesOf(lab), { at: undefined, level: 'quick', signal, report: () => {} });
  assert.deepEqual([end.status, end.snapshots], [0, snapshots.length], 'verify');
}
