// What others do to a series, and what goes wrong with it: nothing that is whole may be lost by it.
import { strict as assert } from 'node:assert';
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { restore } from '../../src/jobs/restore/restore.ts';
import type { RowEnd } from '../../src/jobs/events.ts';
import type { SeriesLab } from '../../src/jobs/run/series.lab.ts';
import { Series } from '../../src/series/series.ts';
import { LocalStore } from '../../src/store/local/local-store.ts';
import { lose, rot } from './damage.ts';
import type { MishapStep } from './mishap-steps.ts';
import type { Moment } from './moment.ts';
import { goAway } from './mount.ts';
import type { NaiveReader } from './naive-reader.ts';
import { removeAll } from './remove-all.ts';
import { unplug } from './unplugged.ts';

type Astray = Extract<MishapStep, { do: 'astray' }>;

/** What a mishap happens to. */
export interface Stage {
  readonly lab: SeriesLab;
  /** Names of what there is, in the order in which it was written. */
  readonly snapshots: readonly string[];
  readonly moments: Map<string, Moment>;
  readonly reader: NaiveReader;
  readonly now: Date;
  /** What the machine was called before. */
  readonly host: string;
  /** A run of the row, with all that it has to come to. */
  readonly run: (how: { readonly adopt?: boolean; readonly afterMs?: number }) => Promise<void>;
  /** One that accepts nothing, a day later; what it has written is not looked at yet. */
  readonly runUnchecked: () => Promise<RowEnd>;
}

/** @returns What it is counted as; undefined when there was nothing for it to happen to. */
export async function suffer(step: MishapStep, stage: Stage): Promise<string | undefined> {
  const { lab, snapshots, now, host } = stage;
  // A series that nobody has yet is anybody's.
  if (snapshots.length === 0 || (step.do === 'host' && host === step.name)) return undefined;
  switch (step.do) {
    case 'rival':
      await rival(step, lab, host, now);
      return `rival ${step.as}`;
    case 'astray':
      await astray(step, lab, snapshots);
      return `astray ${step.to}`;
    case 'host':
      await rival({ do: 'rival', as: 'host', dryRun: false }, lab, host, now);
      await stage.run({ adopt: true });
      return 'host';
    case 'rot':
      await rot(step, stage);
      return `rot ${step.how}`;
    case 'lose':
      await lose(step, stage);
      return step.repairs ? 'lose and repair' : 'lose';
    case 'away':
      return (await goAway(step, stage)) ? `away, leaves ${step.leaves}` : undefined;
    case 'unplugged':
      await unplug(step, stage);
      return `unplugged, leaves ${step.leaves}`;
    case 'glitch':
      await stage.run({ afterMs: step.offMs });
      return 'glitch';
  }
}

/** A run of another plan, or of another machine than `host`, is refused, and changes nothing. */
async function rival(
  step: Extract<MishapStep, { do: 'rival' }>,
  lab: SeriesLab,
  host: string,
  now: Date,
): Promise<void> {
  const own = lab.row;
  const before = stateOf(dirname(lab.folder()));
  if (step.as !== 'host') {
    const source = join(lab.root, 'rival');
    mkdirSync(source, { recursive: true });
    writeFileSync(join(source, 'a'), 'of another');
    lab.row = { ...own, source, keep: { last: 1 } };
  }
  const machine = { host: step.as === 'source' ? host : `not-${host}`, id: '' };
  const end = await lab.run({ machine, dryRun: step.dryRun, acceptChanges: true, now: () => now });
  lab.row = own;
  assert.deepEqual([end.outcome, end.guards.map(({ guard }) => guard)], ['failed', ['owner']], 'a rival');
  assert.deepEqual(stateOf(dirname(lab.folder())), before, 'a rival changes nothing');
}

/** A restore into the series, or above it with orders to overwrite and delete, leaves the series as it is. */
async function astray(step: Astray, lab: SeriesLab, snapshots: readonly string[]): Promise<void> {
  const at = snapshots[step.at % snapshots.length] ?? '';
  const to = placeOf(step, lab, at);
  const [destination, source] = [dirname(lab.folder()), lab.row.source];
  const before = [stateOf(destination), stateOf(source)];
  const restoring = restore(new Series(new LocalStore(destination), lab.row.name), {
    at,
    globs: [],
    to,
    overwrite: step.overwrite,
    deletes: step.deletes,
    dryRun: step.dryRun,
    signal: new AbortController().signal,
    report: () => {},
  });
  if (step.to === 'above') {
    // Nothing of the series is in its way, so that it may do what it does not have to delete for.
    await restoring.catch((error: unknown) =>
      assert.match(codeOf(error), /^E_(?:GUARD|USAGE)$/, String(error)),
    );
    const others = readdirSync(lab.root, { encoding: 'buffer' }).filter(
      (name) => !OWN.has(name.toString('latin1')),
    );
    for (const name of others) removeAll(Buffer.concat([Buffer.from(`${lab.root}/`), name]));
  } else {
    await assert.rejects(restoring, (error) => /^E_(?:GUARD|USAGE)$/.test(codeOf(error)), `into ${step.to}`);
  }
  assert.deepEqual([stateOf(destination), stateOf(source)], before, 'a restore that went astray');
}

/** What a lab has in its folder. */
const OWN: ReadonlySet<string> = new Set(['source', 'destination', 'rival']);

function placeOf({ to }: Astray, lab: SeriesLab, at: string): string {
  switch (to) {
    case 'series':
      return lab.folder();
    case 'snapshot':
      return lab.folder(at);
    case 'inside':
      return lab.folder(at, 'new', 'folder');
    case 'destination':
      return dirname(lab.folder());
    case 'above':
      return lab.root;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Every path below `root`; what is written to or replaced is another one. */
function stateOf(root: string, state: Map<string, string> = new Map()): ReadonlyMap<string, string> {
  for (const name of readdirSync(Buffer.from(root, 'latin1'), { encoding: 'buffer' })) {
    const path = `${root}/${name.toString('latin1')}`;
    const stats = lstatSync(Buffer.from(path, 'latin1'), { bigint: true });
    // A lock comes and goes in a folder.
    const is = stats.isDirectory() ? 'folder' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
    state.set(path, `${stats.mode} ${is}`);
    if (stats.isDirectory()) stateOf(path, state);
  }
  return state;
}
