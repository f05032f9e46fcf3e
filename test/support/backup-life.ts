// Everything that one does with backups in a store, by the command line, and at last without the plan.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { expect } from 'vitest';
import { placeIn } from '../../src/base/address.ts';
import type { Place } from './place.ts';

export interface Life {
  /** The destination that the plan of the place leads to, for a series `data`. */
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  /** Looks at the store after `check`: nothing may have stayed there. */
  readonly afterCheck?: () => Promise<void> | void;
  /** Whether folders there can get another name. */
  readonly renames?: true;
  /** Looks at it after the last run. */
  readonly afterRuns?: () => void;
}

/** Checks, runs three times, looks, verifies, and restores some of it and, on a machine that knows nothing, all. */
export async function live(
  place: Place,
  { address, env, afterCheck, renames, afterRuns }: Life,
): Promise<void> {
  const well = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await place.command(args, { env });
    expect(`${status} ${stderr}`, args.join(' ')).toMatch(/^0 /);
    return stdout;
  };
  place.write({ 'a/one.txt': 'one', 'two.bin': Buffer.alloc(3_000_000, 'two') });
  expect(await well('check')).toContain(`destination "${address}" can be written and read`);
  await afterCheck?.();

  expect((await place.run([], { env })).row).toMatchObject({ outcome: 'written', error: null });
  place.write({ 'three.txt': 'three' });
  expect((await place.run([], { env })).row).toMatchObject({ outcome: 'written', error: null });
  if (renames === true) {
    await well('rename', 'data', 'papers');
    expect((await place.run([], { env })).row).toMatchObject({ row: 'papers', outcome: 'unchanged' });
    await well('rename', 'papers', 'data');
  } else {
    const { status, stderr } = await place.command(['rename', 'data', 'papers'], { env });
    expect(`${status} ${stderr}`).toMatch(
      /^1 .* cannot give a folder another name at once\n.* does the rest\.\n$/s,
    );
  }
  expect((await place.run([], { env })).row).toMatchObject({ outcome: 'unchanged' });
  afterRuns?.();

  expect(await well('list')).toContain(placeIn(address, 'data'));
  expect(await well('files', 'data')).toContain('three.txt');
  expect(await well('find', 'three.txt')).toContain('three.txt');
  expect(await well('verify', '--level', 'full')).toContain('data');
  expect(await well('status')).toContain('data');
  await well('restore', 'data', 'a/**', '--to', place.path('part'));
  expect(readFileSync(place.path('part', 'a', 'one.txt'), 'utf8')).toBe('one');

  rmSync(place.plan);
  rmSync(place.path('home'), { recursive: true });
  await well('restore', placeIn(address, 'data'), '--to', place.path('all'));
  expect(readdirSync(place.path('all')).toSorted()).toEqual(['a', 'three.txt', 'two.bin']);
  expect(readFileSync(place.path('all', 'two.bin')).equals(Buffer.alloc(3_000_000, 'two'))).toBe(true);
}
