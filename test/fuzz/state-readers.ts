// What this program keeps for itself on disks and on this machine, and anyone may have changed since.
import { strict as assert } from 'node:assert';
import { parseKnown } from '../../src/jobs/status/memory.ts';
import { readMarker } from '../../src/series/disk-marker.ts';
import { isRun, isSuccess } from '../../src/series/past.ts';
import { readRuns } from '../../src/series/read-runs.ts';
import { Series } from '../../src/series/series.ts';
import { OneFile } from './one-file.ts';
import type { Reader } from './reader.ts';

const STARTED = '2026-11-19T02:00:00.000Z';

const RUN = { outcome: 'written', started: STARTED, guards: ['mass-change'], error: null } as const;
const VERIFY = {
  outcome: 'verify',
  started: STARTED,
  result: 'passed',
  level: 'full',
  sample: 0.1,
  at: null,
};
const RUNS = [
  { ...RUN, snapshots: 7, oldest: STARTED, seriesBytes: 123_456 },
  VERIFY,
  { outcome: 'drill', started: STARTED, result: 'failed' },
  { ...RUN, outcome: 'failed', error: 'Cannot read "a": it is gone' },
];

export function stateReaders(): readonly Reader[] {
  const log = RUNS.map((record) => `${JSON.stringify(record)}\n`).join('');
  const marker = `${JSON.stringify({ id: '5f0e7a1c-0000-4000-8000-1234567890ab' })}\n`;
  return [
    { name: 'runs.jsonl', isTolerant: true, valid: [Buffer.from(log)], read: readLog },
    {
      name: 'disk marker',
      isTolerant: true,
      valid: [Buffer.from(marker)],
      read: async (bytes) => {
        const id = await readMarker(new OneFile('snapshot-disk.json', bytes));
        assert(id === undefined || (id.length >= 8 && id.length <= 64));
      },
    },
    {
      name: 'memory of a destination',
      valid: [memoryFile()],
      read: (bytes) => parseKnown(bytes.toString('utf8'), 'x'),
    },
  ];
}

async function readLog(bytes: Buffer): Promise<void> {
  const { records, unreadable } = await readRuns(new Series(new OneFile('data/runs.jsonl', bytes), 'data'));
  const lines = bytes.toString('utf8').split('\n');
  assert.equal(records.length + unreadable, lines.filter((line) => line.trim() !== '').length);
  for (const record of records) {
    assert(!Number.isNaN(Date.parse(record.started)));
    assert(!isSuccess(record) || isRun(record));
  }
}

function memoryFile(): Buffer {
  const records = RUNS.slice(0, 2);
  const series = [
    { name: 'a', waitingSince: null, records },
    { name: 'b', waitingSince: STARTED, records: [{ ...RUN, outcome: 'waiting' }] },
  ];
  const known = { version: 1, path: '/mnt/x', isRemovable: true, disks: ['one', 'two'], series };
  return Buffer.from(`${JSON.stringify(known, undefined, 2)}\n`);
}
