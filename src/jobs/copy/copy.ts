// The story of a copy: what is there, what is to be brought, bringing it, and noting it.
import { EXIT_STATUS, SnapshotError } from '../../base/errors.ts';
import { needOwnKey } from '../../series/crypt/identities.ts';
import { wrapFor } from '../../series/crypt/wrap.ts';
import { whileShared } from '../../series/lock/shared-lock.ts';
import { INFO_FILE, snapshotTime } from '../../series/names.ts';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import type { RateLimit } from '../../store/wrap/rate-limit.ts';
import { mountDoubt } from '../run/mount-doubt.ts';
import { recipientsThere } from '../store-of.ts';
import { alone } from './alone.ts';
import { type BringOptions, bringUp, type Brought } from './bring-up.ts';
import type { CopyEnd, CopyEvent } from './copy-events.ts';
import { noteCopy } from './copy-record.ts';
import { destinationOf, recipientsOf, refusePlace } from './place-for-copy.ts';

export interface CopyOptions {
  /** Where to, as the user says it. */
  readonly to: string;
  /** Whom it is to be encrypted for, as the user says it; by default, as it is. */
  readonly encrypt?: string | undefined;
  readonly dryRun: boolean;
  readonly limit?: RateLimit | undefined;
  readonly signal: AbortSignal;
  readonly report: (event: CopyEvent) => void;
}

/**
 * Brings `from`, whole or what is missing, to another place, where it is the same series.
 *
 * @throws {@link SnapshotError} `E_USAGE` when it cannot lie there; `E_LOCKED` when a run is at work there; `E_SPACE`.
 */
export async function copySeries(from: Series, options: CopyOptions): Promise<CopyEnd> {
  const started = performance.now();
  const { dryRun, report, signal } = options;
  const destination = destinationOf(options.to);
  await refusePlace(from, destination);
  const recipients = await recipientsFor(from, destination, options.encrypt);
  await needOwnKey(recipients);
  const to = new Series(openStore(destination, options.limit, wrapFor(recipients)), from.name);
  const note = (message: string): void => report({ event: 'note', row: from.name, message });
  await doubt(to, note);
  try {
    const bring = async (more: Pick<BringOptions, 'lock' | 'signal'>): Promise<Brought> =>
      await bringUp([from], to, { dryRun, now: new Date(), recipients, label: from.name, report, ...more });
    const brought = dryRun
      ? await bring({ signal })
      : await whileShared(from, note, async () => {
          const done = await alone(to, signal, note, bring);
          if (done.copied.length + done.mended.length > 0) await noteCopy(from, to, done.bytes, note);
          return done;
        });
    return endOf(from, to, dryRun, brought, performance.now() - started);
  } finally {
    await to.store.close();
  }
}

/** Whom the copy is for. @throws {@link SnapshotError} `E_USAGE`, `E_KEY` */
async function recipientsFor(
  from: Series,
  destination: string,
  encrypt: string | undefined,
): Promise<readonly string[]> {
  if (encrypt !== undefined) return await recipientsOf(encrypt);
  const plain = new Series(openStore(destination), from.name);
  try {
    if (await hasSnapshot(plain)) return (await recipientsThere(plain)) ?? [];
  } finally {
    await plain.store.close();
  }
  return (await from.survey()).snapshots.at(-1)?.info.recipients ?? [];
}

/** Whether there is more than a copy that was cut short before its first snapshot. */
async function hasSnapshot(series: Series): Promise<boolean> {
  for (const { name } of await series.store.list(series.name)) {
    if (snapshotTime(name) === undefined) continue;
    if ((await series.store.read(series.key(name, INFO_FILE))) !== undefined) return true;
  }
  return false;
}

async function doubt({ store, name }: Series, note: (message: string) => void): Promise<void> {
  const found = store.folder === undefined ? undefined : await mountDoubt(store.folder);
  if (found === undefined || (await store.list(name)).length > 0) return;
  if (found.isCertain)
    throw new SnapshotError('E_STORE', `Cannot copy to "${store.label}": ${found.message}`, {
      hint: 'Is its disk connected? Nothing was written.',
    });
  note(`${found.message}: is its disk connected? It is written to all the same`);
}

function endOf(
  from: Series,
  to: Series,
  dryRun: boolean,
  { copied, mended, damaged, unmended, there, bytes }: Brought,
  durationMs: number,
): CopyEnd {
  return {
    event: 'end',
    status: damaged.length + unmended.length > 0 ? EXIT_STATUS.E_DAMAGED : 0,
    series: from.name,
    from: from.place(),
    to: to.place(),
    dryRun,
    copied: copied.length,
    mended: mended.length,
    damaged: damaged.length,
    unmended: unmended.length,
    there,
    bytes,
    durationMs: Math.round(durationMs),
  };
}
