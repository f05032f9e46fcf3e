// Files that change while they are read: what the index says is what the archives hold.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBLAKE3 } from 'hash-wasm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { end, startChurning } from './support/churn.ts';
import { ChurnedPlace } from './support/churned.ts';
import { hasTool, IS_WINDOWS, tool } from './support/command.ts';
import { startWriting } from './support/large-churn.ts';
import { Place } from './support/place.ts';

/** Changes one file after the other, so many times, and says so at the first. */
const CHANGER = `
const fs = require('node:fs');
const [folder, kind, rounds, files] = [process.argv[1], process.argv[2], +process.argv[3], +process.argv[4]];
const path = (i) => folder + '/' + (i % files) + '.txt';
const acts = {
  grow: (i) => fs.appendFileSync(path(i), 'more '.repeat(i % 5000)),
  shrink: (i) => fs.truncateSync(path(i), Math.max(0, fs.statSync(path(i)).size - 1 - (i % 3000))),
  vanish: (i) => fs.rmSync(path(i), { force: true }),
  replace: (i) => { fs.writeFileSync(path(i) + '.new', ('new ' + i).repeat(i % 9000)); fs.renameSync(path(i) + '.new', path(i)); },
  rewrite: (i) => fs.writeFileSync(path(i), String(i % 10).repeat(200000)),
  become: (i) => {
    fs.rmSync(path(i), { force: true, recursive: true });
    if (i % 3 === 0) fs.symlinkSync('0.txt', path(i));
    else if (i % 3 === 1) fs.mkdirSync(path(i));
    else fs.writeFileSync(path(i), 'a file again');
  },
};
for (let i = 0; i < rounds; i++) {
  acts[kind](i);
  if (i === 0) fs.writeSync(1, 'changing');
}
`;

/** Of 64 KiB, in a large file: four pieces. */
const CHUNKS = 256;

// Fewer than a guard would take for ransomware.
const FILES = 90;

/** Changes files below `folder` in a process of its own; resolves when it has begun. */
async function startChanging(folder: string, kind: string, rounds: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', CHANGER, folder, kind, String(rounds), String(FILES)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

/** Every file of the index comes back by RESTORE.txt, and its bytes have the hash that the index says. */
async function expectTrueIndex(place: Place, series: string): Promise<void> {
  const at = place.snapshots(series).at(-1);
  const target = mkdtempSync(place.path('out-'));
  tool('sh', [place.file('RESTORE.txt', at, series), target]);
  const hasher = await createBLAKE3();
  for (const line of place.index(at, series)) {
    if (line.type !== 'file') continue;
    const content = readFileSync(join(target, line.path ?? ''));
    expect({
      path: line.path,
      size: content.length,
      hash: hasher.init().update(content).digest('hex'),
    }).toEqual({
      path: line.path,
      size: line.size,
      hash: line.hash,
    });
  }
}

describe.skipIf(IS_WINDOWS)('files that change while a run reads them', () => {
  it.each(['grow', 'shrink', 'vanish', 'replace', 'rewrite', 'become'])(
    '%s: each is stored whole or named',
    async (kind) => {
      const place = Place.open();
      place.writePlan(
        'source,destination,name,format',
        'source,destination,data,tar.zst',
        'source,destination,zipped,zip',
      );
      place.write({ 'quiet.txt': 'this one does not move', 'large.bin': 'x'.repeat(9_000_000) });
      for (let i = 0; i < FILES; i++)
        place.write({ [`moving/${i}.txt`]: `${i} `.repeat(1 + ((i * 7919) % 60_000)) });
      const child = await startChanging(join(place.source, 'moving'), kind, 30_000);
      const { status, stderr, events } = await place.run();
      await end(child);
      expect([0, 3], stderr).toContain(status);
      expect(stderr).toBe('');
      for (const series of ['data', 'zipped']) {
        await expectTrueIndex(place, series);
        const told = events.filter(({ event, row }) => event === 'problem' && row === series);
        expect(place.info(place.snapshots(series).at(-1), series).skipped).toHaveLength(told.length);
      }
      // Now that all is quiet, the next run has everything.
      const next = await place.run();
      expect(next, next.stderr + next.stdout.slice(-2000)).toMatchObject({ status: 0, row: { error: null } });
      await expectTrueIndex(place, 'data');
    },
  );

  it('a large file that never stops growing is stored as last read, and named', async () => {
    const place = Place.open();
    place.write({ 'moving/0.txt': 'x'.repeat(30_000_000) });
    for (let i = 1; i < FILES; i++) place.write({ [`moving/${i}.txt`]: '' });
    const child = spawn(
      process.execPath,
      [
        '-e',
        `const fs = require('node:fs'); for (let i = 0; i < 2e6; i++) { fs.appendFileSync(process.argv[1], 'x'); if (i === 0) fs.writeSync(1, 'y'); }`,
        join(place.source, 'moving', '0.txt'),
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const { status, events } = await place.run();
    await end(child);
    expect(status).toBe(3);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'problem', kind: 'changed', path: 'moving/0.txt' }),
    );
    expect(place.info().skipped).toMatchObject([
      { path: 'moving/0.txt', reason: expect.stringContaining('changed') },
    ]);
    await expectTrueIndex(place, 'data');
    expect(await place.run()).toMatchObject({
      status: 0,
      row: { outcome: 'written', change: { added: 0, modified: 1, removed: 0 } },
    });
  });
});

describe.skipIf(IS_WINDOWS || !hasTool('unzip'))(
  'files that are rewritten, replaced and removed all the time',
  () => {
    // A share of `npm run campaign -- moving`.
    it('are stored as they were at one moment, or named', async () => {
      const { root } = Place.open();
      const folder = mkdtempSync(join(root, 'churned-'));
      // As the modules that were bundled: what counts comes between two of them.
      const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
      const place = new ChurnedPlace(main, folder, CHUNKS);
      const small = join(place.source, 'small');
      mkdirSync(small);
      const churners = [
        await startChurning(small, 1, 80, 20_000),
        await startWriting(place.large, 2, CHUNKS),
      ];
      onTestFinished(async () => {
        for (const churner of churners) await end(churner);
      });
      for (let run = 0; run < 2; run++) place.run();
      for (const churner of churners) await end(churner);
      place.run();
      place.verify();
      expect(place.count.snapshots).toBeGreaterThan(2);
      expect(place.count.files).toBeGreaterThan(100);
      expect(place.count.again).toBeGreaterThan(0);
    });
  },
);
