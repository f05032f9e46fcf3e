// Histories at random; docs/reliability.md says what `npm run campaign -- model` came to, which has many more.
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { IS_WINDOWS } from '../support/command.ts';
import { chosenSeed } from '../support/seed.ts';
import { play, prove } from './play.ts';
import { histories, PLAIN_RUN, type RunStep, type Step } from './steps.ts';

function run(more: Partial<RunStep> = {}): RunStep {
  return { ...PLAIN_RUN, ...more };
}

function change(seed: number): Step {
  return { do: 'write', path: 'a', size: 20, seed };
}

describe.skipIf(IS_WINDOWS)('whatever happens to a series', () => {
  it('keeps archives of a stopped run where they are used without hard links', async () => {
    await play([
      { do: 'write', path: "x.jpg/d'e", size: 20, seed: 2 },
      run({ stopAt: 4 }),
      run({ links: false }),
      run({ links: false }),
    ]);
  });

  it('goes on where the series gets another name, whatever lies there', async () => {
    const night = (seed: number, more: Partial<RunStep> = {}): Step[] => [change(seed), run(more)];
    await play([
      { do: 'keep', keep: { last: 2 } },
      ...night(1, { links: false }),
      ...night(2, { links: false }),
      { do: 'call', name: 'papers' },
      change(3),
      // Cut short, with a finished archive of the new name.
      run({ stopAt: 4, archiveBytes: 20_000 }),
      { do: 'call', name: 'Papers' },
      ...night(4, { links: false }),
      { do: 'pin', at: 0 },
      ...night(5),
      { do: 'call', name: 'data' },
      ...night(6),
      { do: 'unpin', at: 0 },
      { do: 'lose', at: 1, repairs: true },
      ...night(7),
    ]);
  });

  it('knows an archive once when a series moves to a disk with hard links', async () => {
    await play([
      { do: 'write', path: 'a', size: 20, seed: 1 },
      run({ links: false }),
      // From now on the archive lies in a folder that has no info.json.
      { do: 'keep', keep: { last: 1 } },
      { do: 'write', path: 'c', size: 1, seed: 3 },
      run({ links: false }),
      { do: 'keep', keep: { last: 2 } },
      { do: 'rename', path: 'a', to: 'd' },
      run(),
      // Its content is looked for under its old name, while the new one keeps its place.
      { do: 'copy', path: 'd', to: 'a' },
      run(),
    ]);
  });

  it('gives back times that a zip cannot say', async () => {
    await play([
      { do: 'write', path: 'c', size: 700, seed: 5 },
      { do: 'touch', path: 'c', seconds: 3_416_122_636 },
      { do: 'format', format: 'zip' },
      run(),
      { do: 'script', at: 0 },
    ]);
  });

  it('gets no new snapshot for a file that changed and cannot be read', async () => {
    await play([
      { do: 'write', path: 'a', size: 20, seed: 1 },
      run(),
      { do: 'append', path: 'a', size: 1, seed: 1 },
      run({ shut: 'a' }),
      run({ shut: 'a' }),
      run(),
    ]);
  });

  it('misses a link for which there is a file that cannot be read, and a folder', async () => {
    await play([
      { do: 'write', path: 'a', size: 20, seed: 1 },
      { do: 'symlink', path: 'b', target: 'a' },
      run(),
      { do: 'write', path: 'b', size: 20, seed: 2 },
      run({ shut: 'b' }),
      run({ shut: 'b' }),
      { do: 'write', path: 'c/d', size: 20, seed: 3 },
      run(),
      { do: 'write', path: 'c', size: 20, seed: 4 },
      run({ shut: 'c' }),
      run(),
    ]);
  });

  it('takes no source for empty that has a file which cannot be read', async () => {
    await play([
      { do: 'write', path: 'a', size: 20, seed: 1 },
      run(),
      { do: 'empty' },
      { do: 'write', path: 'b', size: 20, seed: 2 },
      run({ accept: false, shut: 'b' }),
    ]);
  });

  it('keeps in mind what changed and what went, while it uses an older index', async () => {
    const later = run({ smallIndexBytes: 0 });
    await play([
      { do: 'many', path: 'a', count: 90, seed: 1 },
      run(),
      { do: 'write', path: 'a/5', size: 20, seed: 2 },
      { do: 'remove', path: 'a/6' },
      later,
      { do: 'write', path: 'a/7', size: 20, seed: 3 },
      later,
    ]);
  });

  it('tells RESTORE.txt under which name a file was stored, some snapshots ago', async () => {
    await play([
      { do: 'write', path: 'a', size: 9000, seed: 1 },
      run(),
      { do: 'rename', path: 'a', to: 'b' },
      run(),
      { do: 'write', path: 'c', size: 20, seed: 2 },
      run(),
      { do: 'script', at: 2 },
    ]);
  });

  it('loses no snapshot after a mass change until that is accepted', async () => {
    await play([
      { do: 'many', path: 'a', count: 130, seed: 1 },
      run(),
      { do: 'keep', keep: { last: 1 } },
      { do: 'many', path: 'a', count: 130, seed: 2 },
      run({ accept: false }),
      { do: 'write', path: 'b', size: 20, seed: 1 },
      run({ accept: false }),
      { do: 'write', path: 'b', size: 20, seed: 2 },
      run(),
    ]);
  });

  it.each(['source', 'host', 'both'] as const)('belongs to one row: another %s is refused', async (as) => {
    await play([
      { do: 'write', path: 'a', size: 20, seed: 1 },
      run(),
      { do: 'rival', as, dryRun: true },
      { do: 'rival', as, dryRun: false },
      run(),
      { do: 'host', name: 'bob' },
      { do: 'rival', as, dryRun: false },
      { do: 'write', path: 'a', size: 20, seed: 2 },
      run(),
    ]);
  });

  it.each(['series', 'snapshot', 'inside', 'destination', 'above'] as const)(
    'stays as it is when something is restored into it: %s',
    async (to) => {
      const orders = [
        { overwrite: 'never', deletes: false },
        { overwrite: 'always', deletes: false },
        { overwrite: 'always', deletes: true },
      ] as const;
      await play([
        { do: 'write', path: 'destination/data/runs.jsonl', size: 20, seed: 1 },
        { do: 'write', path: 'runs.jsonl', size: 20, seed: 2 },
        run(),
        ...orders.flatMap((order) =>
          [true, false].map((dryRun) => ({ do: 'astray' as const, at: 0, to, ...order, dryRun })),
        ),
      ]);
    },
  );

  it('loses no snapshot by a clock that was wrong for a night', async () => {
    await play([
      { do: 'keep', keep: { last: 3 } },
      ...[1, 2, 3].flatMap((seed) => [change(seed), run()]),
      change(4),
      { do: 'glitch', offMs: 366 * 86_400_000 },
      ...[5, 6, 7].flatMap((seed) => [change(seed), run()]),
      change(8),
      { do: 'glitch', offMs: -366 * 86_400_000 },
      ...[9, 1, 2].flatMap((seed) => [change(seed), run()]),
    ]);
  });

  it.each(['flip', 'cut', 'remove'] as const)(
    'has what was damaged (%s) again after a night',
    async (how) => {
      await play([
        { do: 'write', path: 'b', size: 9000, seed: 9 },
        ...[1, 2].flatMap((seed) => [change(seed), run()]),
        ...Array.from({ length: 7 }, (_, file) => ({ do: 'rot' as const, at: file, file, how, place: 0.4 })),
      ]);
    },
  );

  it.each(['a folder', 'another', 'nothing'] as const)(
    'keeps what a mount held that is away and leaves %s',
    async (leaves) => {
      await play([
        change(1),
        run(),
        { do: 'keep', keep: { last: 1 } },
        { do: 'away', leaves, returns: true },
        { do: 'away', leaves, returns: false },
      ]);
    },
  );

  it.each(['a folder', 'nothing'] as const)(
    'says what is so while its disk is away and leaves %s',
    async (leaves) => {
      await play([
        change(1),
        run(),
        { do: 'unplugged', leaves },
        change(2),
        run({ afterMs: 2 * 86_400_000 }),
        { do: 'unplugged', leaves },
        run(),
      ]);
    },
  );

  it('lets go what is due when somebody knows of what cannot be read, and not before', async () => {
    await play([
      { do: 'keep', keep: { last: 1 } },
      change(1),
      { do: 'write', path: 'c/a', size: 20, seed: 9 },
      run(),
      { do: 'accept', path: 'b' },
      change(2),
      run({ shut: 'c' }),
      { do: 'prune', dryRun: false },
      { do: 'accept', path: 'c' },
      run({ shut: 'c' }),
      change(3),
      run({ shut: 'c' }),
      { do: 'take back', path: 'b' },
      { do: 'take back', path: 'c' },
      { do: 'take back', path: 'c' },
      change(4),
      run({ shut: 'c' }),
      run(),
      { do: 'prune', dryRun: false },
    ]);
  });

  it.each([true, false])('keeps a snapshot that has lost its info.json (repaired: %s)', async (repairs) => {
    await play([
      { do: 'keep', keep: { last: 3 } },
      ...[1, 2, 3].flatMap((seed) => [change(seed), run()]),
      change(4),
      { do: 'lose', at: 1, repairs },
      { do: 'lose', at: 2, repairs },
      change(5),
      run(),
    ]);
  });

  it(
    'has the snapshots that its plan keeps, each of them the tree of its moment',
    { timeout: 300_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(histories, async (steps) => await prove(steps)),
        { numRuns: 5, endOnFailure: true, seed: chosenSeed() },
      );
    },
  );
});
