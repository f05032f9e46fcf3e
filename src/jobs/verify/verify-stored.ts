// What can be said of an encrypted series without its key: whether what is stored is what was stored.
import { SnapshotError } from '../../base/errors.ts';
import { HashingSource } from '../../format/hashing-source.ts';
import { INFO_FILE, snapshotTime, SUMS_FILE } from '../../series/names.ts';
import { recipientsOf } from '../../series/crypt/stub.ts';
import type { Series } from '../../series/series.ts';
import { parseSums } from '../../series/sums.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store, StoreItem } from '../../store/store.ts';
import { chooseSnapshot } from '../address.ts';
import { randomFrom } from './verify-extent.ts';
import type { VerifyEnd } from './verify-events.ts';
import { Findings } from './verify-findings.ts';
import { levelOf, type VerifyOptions } from './verify.ts';
import { whatOf, withoutFile } from './verify-survey.ts';

/** A stored file with one of its check sums, and who says that. */
interface StoredFile {
  /** Seen from the series' folder. */
  readonly place: string;
  readonly item: StoreItem | undefined;
  readonly sum: string;
  readonly snapshots: string[];
}

/** Holds what is stored of `series` against its check sums. */
export async function verifyStored(series: Series, options: VerifyOptions): Promise<VerifyEnd> {
  // As it lies there: nothing is decrypted.
  const store = openStore(series.store.label);
  try {
    return await verifyIn(store, series, options);
  } finally {
    await store.close();
  }
}

async function verifyIn(store: Store, series: Series, options: VerifyOptions): Promise<VerifyEnd> {
  const started = performance.now();
  const { report, signal } = options;
  await store.distrust?.();
  const findings = new Findings();
  const items = (await store.list(series.name)).filter(({ isFolder }) => isFolder);
  const dated = items.flatMap(({ name }) => {
    const at = snapshotTime(name);
    return at === undefined ? [] : [{ name, at }];
  });
  const none = { unfinished: [], kept: [], damaged: [] };
  const chosen =
    options.at === undefined ? dated : [chooseSnapshot({ snapshots: dated, ...none }, options.at)];
  const files = new Map<string, StoredFile>();
  const listed = new Map<string, ReadonlyMap<string, StoreItem>>();
  const list = async (folder: string): Promise<ReadonlyMap<string, StoreItem>> => {
    const known = listed.get(folder);
    if (known !== undefined) return known;
    const there = await store.list(series.key(folder));
    const byName = new Map(there.map((item) => [item.name, item]));
    listed.set(folder, byName);
    return byName;
  };
  let snapshots = 0;
  for (const [i, { name }] of chosen.entries()) {
    signal.throwIfAborted();
    report({ event: 'progress', series: series.name, phase: 'look', done: i, total: chosen.length });
    const there = await list(name);
    if (!there.has('info.json.age')) {
      const info = await store.read(series.key(name, INFO_FILE));
      const isClear = info !== undefined && recipientsOf(info) === undefined;
      const message = isClear
        ? `${name} was not looked at: without the key only encrypted snapshots are`
        : `${name} has no info.json.age: it is no snapshot, or has lost it; only its key tells`;
      report({ event: 'note', series: series.name, message });
      continue;
    }
    snapshots++;
    try {
      const bytes = await store.read(series.key(name, SUMS_FILE));
      if (bytes === undefined) {
        findings.add(`${name}/${SUMS_FILE}`, 'is missing', [name]);
        continue;
      }
      for (const [file, sum] of parseSums(bytes.toString('utf8'), `${name}/${SUMS_FILE}`)) {
        const place = file.startsWith('../') ? file.slice(3) : `${name}/${file}`;
        const [folder = '', base = ''] = place.split('/');
        // Of two sums for one file, one at least is wrong.
        const key = `${sum} ${place}`;
        const known = files.get(key);
        if (known !== undefined) known.snapshots.push(name);
        else files.set(key, { place, item: (await list(folder)).get(base), sum, snapshots: [name] });
      }
    } catch (error) {
      if (!isOfFile(error)) throw error;
      findings.add(`${name}/${SUMS_FILE}`, withoutFile(whatOf(error)), [name]);
    }
  }
  const readBytes = await read(series, store, files, findings, options);
  const gone = await goneSince(store, series, findings);
  const damages = findings
    .damages(series.name)
    .filter(({ snapshots: of }) => !of.every((name) => gone(name)));
  for (const damage of damages) report(damage);
  return {
    event: 'series',
    series: series.name,
    folder: series.place(),
    snapshots,
    archives: new Set([...files.values()].map(({ place }) => place).filter(isArchive)).size,
    readPieces: 0,
    pieces: 0,
    readBytes,
    damages: damages.length,
    lost: 0,
    looked: levelOf(options),
    isKeyless: true,
    ...(snapshots === 0 && { nothing: 'it has no snapshots that can be told without its key' }),
    seed: options.sample?.seed,
    durationMs: Math.round(performance.now() - started),
    status: damages.length > 0 ? 1 : 0,
  };
}

/** Whether it is about one file: what lies beside it can be read. */
function isOfFile(error: unknown): error is SnapshotError {
  return error instanceof SnapshotError && (error.code === 'E_DAMAGED' || error.code === 'E_STORE');
}

/** Whether a snapshot was rotated out meanwhile: nothing of it is damaged. */
async function goneSince(
  store: Store,
  series: Series,
  findings: Findings,
): Promise<(snapshot: string) => boolean> {
  if (findings.count === 0) return () => false;
  await store.refresh?.();
  const there = new Set((await store.list(series.name)).map(({ name }) => name));
  return (snapshot) => !there.has(snapshot);
}

function isArchive(place: string): boolean {
  return /\.(?:tar\.zst|zip)\.age$/.test(place);
}

/** @returns How many bytes were read. */
async function read(
  series: Series,
  store: Series['store'],
  files: ReadonlyMap<string, StoredFile>,
  findings: Findings,
  { level, sample, signal, report }: VerifyOptions,
): Promise<number> {
  const random = sample === undefined ? undefined : randomFrom(sample.seed);
  const total = [...files.values()].reduce((sum, { item }) => sum + (item?.sizeBytes ?? 0), 0);
  const seen = new Set<string>();
  let done = 0;
  for (const { place, item, sum, snapshots } of files.values()) {
    if (item === undefined) findings.add(place, 'is missing', snapshots);
    if (item === undefined || level === 'quick') continue;
    // Two names of one file are read once.
    const id = `${item.identity ?? place} ${sum}`;
    if (seen.has(id) || (random !== undefined && random() >= (sample?.share ?? 1))) continue;
    seen.add(id);
    const readPart = async (offset: number, length: number): Promise<Buffer> => {
      const part = await store.readRange(series.key(place), offset, length, signal);
      done += length;
      report({ event: 'progress', series: series.name, phase: 'read', done, total });
      return part;
    };
    try {
      const found = await new HashingSource({ sizeBytes: item.sizeBytes, read: readPart }).finish();
      if (found !== sum) findings.add(place, 'its SHA-256 is not that of SHA256SUMS', snapshots);
    } catch (error) {
      if (!isOfFile(error)) throw error;
      findings.add(place, withoutFile(whatOf(error)), snapshots);
    }
  }
  return done;
}
