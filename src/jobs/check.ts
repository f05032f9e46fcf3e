// Looks at what a plan needs, and changes nothing.
import { formatBytes } from '../base/amounts.ts';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { missingCalls } from '../base/system-calls.ts';
import { zstdOrigin } from '../format/zstd/zstd.ts';
import type { Plan, Row } from '../plan/plan.ts';
import { needOwnKey } from '../series/crypt/identities.ts';
import type { Series } from '../series/series.ts';
import { removeIfAllowed } from '../store/remove-if-allowed.ts';
import { seriesOf } from './store-of.ts';
import { findAway } from './run/away.ts';
import { mountsInside, sourceMark } from './left-out.ts';
import { oddExcludes } from './odd-patterns.ts';
import { mountDoubt } from './run/mount-doubt.ts';
import { SeriesPlaces } from './run/series-places.ts';
import { findStranger } from './run/whose.ts';
import type { Recall } from './status/memory.ts';

export interface Finding {
  readonly level: 'ok' | 'warning' | 'failure';
  readonly message: string;
}

export interface CheckedRow {
  readonly row: Row;
  readonly findings: readonly Finding[];
}

/** Checks the source and the destination of every active row. */
export async function check(plan: Plan, recall: Recall, now: Date): Promise<readonly CheckedRow[]> {
  const rows = plan.rows.filter(({ active }) => active);
  const missing = missingCalls();
  const places = new SeriesPlaces(plan.rows);
  return await Promise.all(
    rows.map(async (row) => ({
      row,
      findings: [
        ...(row.strategy === 'sync' ? await checkSync(row) : await checkBackup(row, places, recall, now)),
        ...all('warning', missing),
      ],
    })),
  );
}

async function checkSync(row: Row): Promise<readonly Finding[]> {
  // Loaded when it is needed: most plans have none.
  return await (await import('./sync/check-pair.ts')).checkPair(row);
}

async function checkBackup(
  row: Row,
  places: SeriesPlaces,
  recall: Recall,
  now: Date,
): Promise<readonly Finding[]> {
  const key = await checkKey(row);
  const destination = await checkDestination(row, recall, now);
  return [
    await checkSource(row.source),
    ...all('ok', mountsInside(row, await places.apartFrom(row))),
    ...all('warning', sourceMark(row), ...oddExcludes(row)),
    // What keeps its series from being read may be the key, which says so itself.
    ...destination.filter(({ message }) => key.every((said) => said.message !== message)),
    ...(row.format === 'zip' ? [] : [zstdFinding()]),
    ...key,
  ];
}

function all(level: Finding['level'], ...messages: readonly (string | undefined)[]): readonly Finding[] {
  return messages.flatMap((message) => (message === undefined ? [] : [{ level, message }]));
}

function zstdFinding(): Finding {
  const origin = zstdOrigin();
  const isSlow = origin === '@bokuweb/zstd-wasm';
  const hint = isSlow ? ', which compresses at half the speed of that of Node 22.15 and later' : '';
  return { level: 'ok', message: `zstd from ${origin}${hint}` };
}

async function checkKey({ encrypt }: Row): Promise<readonly Finding[]> {
  if (encrypt.length === 0) return [];
  try {
    await needOwnKey(encrypt);
    const count = encrypt.length === 1 ? 'one key' : `${encrypt.length} keys`;
    return [{ level: 'ok', message: `encrypted for ${count}, that of this machine among them` }];
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return [{ level: 'failure', message: error.message }];
  }
}

async function checkSource(source: string): Promise<Finding> {
  try {
    const stats = await stat(source);
    if (stats.isDirectory()) {
      const names = await readdir(source);
      if (names.length === 0) return { level: 'warning', message: `source "${source}" is empty` };
    } else if (!stats.isFile()) {
      return { level: 'failure', message: `source "${source}" is neither a folder nor a file` };
    } else await access(source, constants.R_OK);
    return { level: 'ok', message: `source "${source}" can be read` };
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${reasonOf(error)}`;
    return { level: 'failure', message: `source "${source}" ${why}` };
  }
}

async function checkDestination(row: Row, recall: Recall, now: Date): Promise<Finding[]> {
  const { destination, every } = row;
  const series = seriesOf(row);
  if (series.store.folder === undefined) return await checkFarAway(series, row);
  const away = await findAway(series, every, await recall(destination), now);
  if (away !== undefined) {
    const message = `destination "${destination}": ${away.message}`;
    return [{ level: away.isOverdue ? 'failure' : 'warning', message }];
  }
  const existing = await nearestExisting(destination);
  try {
    if (!(await stat(existing)).isDirectory()) {
      return [{ level: 'failure', message: `destination "${destination}" is not a folder` }];
    }
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    return [
      { level: 'failure', message: `destination "${destination}" cannot be written: ${reasonOf(error)}` },
    ];
  }
  const made = existing === destination ? 'can be written' : 'will be made';
  const findings: Finding[] = [{ level: 'ok', message: `destination "${destination}" ${made}` }];
  const doubt = await mountDoubt(destination);
  if (doubt !== undefined)
    findings.push({ level: 'warning', message: `${doubt.message}: is its disk connected?` });
  try {
    const stranger = await findStranger(series, row);
    if (stranger !== undefined) findings.push({ level: 'failure', message: stranger.message });
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return [{ level: 'failure', message: error.message }];
  }
  const freeBytes = await series.store.freeBytes();
  if (freeBytes !== undefined)
    findings.push({ level: 'ok', message: `free space ${formatBytes(freeBytes)}` });
  findings.push(linksFinding((await statfs(existing)).type));
  if (await isSameDisk(row.source, existing)) {
    const message = 'source and destination are on the same disk: if it fails, both are lost';
    findings.push({ level: 'warning', message });
  }
  return findings;
}

/** Tries what a run needs: to write, read back, list and remove a small object. */
async function checkFarAway(series: Series, row: Row): Promise<Finding[]> {
  const { store } = series;
  const message = `destination "${store.label}"`;
  const key = `snapshot-check-${randomUUID()}`;
  const bytes = Buffer.from(`${key}\n`);
  const findings: Finding[] = [];
  try {
    await store.put(key, bytes);
    if ((await store.read(key))?.equals(bytes) !== true) {
      findings.push({ level: 'failure', message: `${message}: what was written is not what is read` });
    } else findings.push({ level: 'ok', message: `${message} can be written and read` });
    await store.refresh?.();
    if (!(await store.list('')).some(({ name }) => name === key)) {
      findings.push({
        level: 'warning',
        message: `${message}: its listing does not show what was just written`,
      });
    }
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    return [{ level: 'failure', message: `${message}: ${error.message}${hint}` }];
  }
  try {
    if (!(await removeIfAllowed(store, key))) {
      const left = `rotation is left to who may, and "${key}" stays there`;
      findings.push({ level: 'warning', message: `nothing may be removed in "${store.label}": ${left}` });
    }
    const stranger = await findStranger(series, row);
    if (stranger !== undefined) findings.push({ level: 'failure', message: stranger.message });
    const freeBytes = await store.freeBytes();
    if (freeBytes !== undefined)
      findings.push({ level: 'ok', message: `free space ${formatBytes(freeBytes)}` });
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    findings.push({ level: 'warning', message: `${message}: ${error.message}` });
  }
  return findings;
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    try {
      await stat(at);
      return at;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || dirname(at) === at) return at;
    }
  }
}

async function isSameDisk(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([stat(a), stat(b)]);
    return one.dev === other.dev;
  } catch {
    // The source's own finding says what is wrong with it.
    return false;
  }
}

/** File systems without hard links, by the magic numbers of statfs(2) on Linux. */
const WITHOUT_LINKS: ReadonlyMap<number, string> = new Map([
  [0x4d44, 'FAT'],
  [0x2011bab0, 'exFAT'],
]);

/** Others that are known to have them; the rest would have to be tried, which a check does not do. */
const WITH_LINKS: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x2fc12fc1, 0xf2f52010, 0x52654973, 0x794c7630, 0x6969,
]);

function linksFinding(type: number): Finding {
  const without = process.platform === 'linux' ? WITHOUT_LINKS.get(type) : undefined;
  if (without !== undefined) return { level: 'warning', message: `${without} has no hard links` };
  const known = process.platform === 'linux' && WITH_LINKS.has(type);
  return {
    level: 'ok',
    message: known ? 'hard links are possible' : 'hard links: not known before the first run',
  };
}
