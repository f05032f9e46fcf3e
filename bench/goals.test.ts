import { describe, expect, it } from 'vitest';
import { formatGoals, judge } from './goals.ts';
import { measurementOf } from './test-measurements.ts';

const ONE = { id: 'changed', addedBytes: 10e6 } as const;

/** Of the goals whose text matches, which are met. */
function metOf(measurements: Parameters<typeof judge>[0], goal: RegExp): (boolean | undefined)[] {
  return judge(measurements)
    .filter((verdict) => goal.test(verdict.goal))
    .map(({ met }) => met);
}

describe('judge()', () => {
  it.each([
    ['first', 'snapshot', 'tar', 1.15],
    ['first', 'snapshot', 'restic', 0.5],
    ['first', 'snapshot-zip', 'zip', 1],
    ['nothing', 'snapshot', 'rsync', 1],
    ['nothing', 'snapshot', 'restic', 0.25],
    ['changed', 'snapshot', 'restic', 0.25],
    ['help', 'snapshot', 'node', 2.5],
  ] as const)('in the case %s, lets %s take against %s %d times as long, not more', (id, own, peer, most) => {
    const verdict = (seconds: number) =>
      metOf(
        [measurementOf(own, [seconds], { id }), measurementOf(peer, [1], { id })],
        new RegExp(`time .* that of ${peer}`),
      );

    expect(verdict(most)).toEqual([true]);
    expect(verdict(most + 0.01)).toEqual([false]);
  });

  it.each([
    [12e6, true],
    [12.1e6, false],
  ])('says of %d bytes added to the 10 MB of restic: %s', (addedBytes, met) => {
    const own = measurementOf('snapshot', [1], { id: 'changed', addedBytes });
    expect(metOf([own, measurementOf('restic', [1], ONE)], /added/)).toEqual([met]);
  });

  it.each([
    [300e6, true],
    [301e6, false],
  ])('says of %d bytes of memory: %s', (memoryBytes, met) => {
    expect(metOf([measurementOf('snapshot', [1], { memoryBytes })], /memory/)).toEqual([met]);
  });

  it('counts the worst run for memory, not the median', () => {
    const [usual, high] = [200e6, 400e6].map((memoryBytes) =>
      measurementOf('snapshot', [1], { memoryBytes }),
    );
    const samples = [usual, usual, high].flatMap((measurement) => measurement?.samples ?? []);

    expect(metOf([{ ...measurementOf('snapshot', []), samples }], /memory/)).toEqual([false]);
  });

  it('has a goal for memory in every case, for the tool that writes tar.zst only', () => {
    const measurements = (['first', 'nothing', 'big'] as const).flatMap((id) => [
      measurementOf('snapshot', [1], { id }),
      measurementOf('snapshot-zip', [1], { id, memoryBytes: 900e6 }),
    ]);

    expect(metOf(measurements, /memory/)).toEqual([true, true, true]);
  });

  it('leaves a goal open when one of the two was not measured', () => {
    expect(metOf([measurementOf('tar', [1])], /tar|memory/)).toEqual([undefined, undefined]);
  });
});

describe('formatGoals()', () => {
  it('says of each goal whether it is met, missed or open', () => {
    const table = formatGoals(judge([measurementOf('snapshot', [2]), measurementOf('tar', [1])]));
    const rows = table.split('\n').map((row) => row.replaceAll(/ +/g, ' '));

    expect(rows).toContain(
      String.raw`| first run | snapshot: time ≤ 1.15x that of tar \| zstd -T0 -3 | 2.00x | no |`,
    );
    expect(rows).toContain('| first run | snapshot: time ≤ 0.5x that of restic | – | – |');
    expect(rows).toContain('| first run | snapshot: memory ≤ 300 MB | 100 MB | yes |');
  });
});
