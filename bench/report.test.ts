import { describe, expect, it } from 'vitest';
import { CASES } from './cases.ts';
import { drawChart } from './plot.ts';
import { replaceSection } from './publish.ts';
import { compare, formatTable, spreadOf } from './report.ts';
import type { Measurement } from './session.ts';
import type { Tool } from './tools.ts';
import { PEERS, ownTools } from './tools.ts';

function measurementOf(id: string, seconds: readonly number[], memoryBytes = 1e8): Measurement {
  const tool = [...ownTools('main.js'), ...PEERS].find((candidate: Tool) => candidate.id === id);
  const [testCase] = CASES;
  if (tool === undefined || testCase === undefined) throw new Error(`No tool "${id}"`);
  return {
    testCase,
    tool,
    samples: seconds.map((time) => ({ seconds: time, memoryBytes, addedBytes: 5e6 })),
  };
}

/** The row of `tool`, without the blanks that align it. */
function rowOf(measurements: readonly Measurement[], tool: string): string {
  const line = formatTable(measurements)
    .split('\n')
    .find((row) => row.split(' | ')[1]?.startsWith(tool));
  return (line ?? '').replaceAll(/ +/g, ' ');
}

describe('spreadOf()', () => {
  it.each([
    [[3, 1, 2], { median: 2, least: 1, most: 3 }],
    [[4, 1, 2, 3], { median: 2.5, least: 1, most: 4 }],
    [[7], { median: 7, least: 7, most: 7 }],
    [[], undefined],
  ])('of %j is %j', (values, spread) => {
    expect(spreadOf(values)).toEqual(spread);
  });
});

describe('compare()', () => {
  it('takes the ratios within each round, not between the medians', () => {
    const [comparison] = compare([measurementOf('snapshot', [2, 20, 3]), measurementOf('tar', [1, 40, 6])]);

    // Between the medians it would be 3/6; the rounds give 2, 0.5 and 0.5.
    expect(comparison?.ratio).toEqual({ median: 0.5, least: 0.5, most: 2 });
  });

  it('leaves out the rounds that one of the two did not reach', () => {
    const [comparison] = compare([measurementOf('snapshot', [2, 4, 9]), measurementOf('tar', [1, 1])]);

    expect(comparison?.ratio).toEqual({ median: 3, least: 2, most: 4 });
  });

  it('compares zip with the format zip', () => {
    const measurements = [
      measurementOf('snapshot', [1]),
      measurementOf('snapshot-zip', [3]),
      measurementOf('zip', [6]),
    ];

    expect(compare(measurements).map(({ ratio }) => ratio.median)).toEqual([0.5]);
  });

  it('gives nothing when snapshot was not measured', () => {
    expect(compare([measurementOf('tar', [1])])).toEqual([]);
  });
});

describe('formatTable()', () => {
  it.each([
    [1.15, 'yes'],
    [1.16, 'no'],
  ])('says of %d times the time of tar: goal met, %s', (seconds, met) => {
    const row = rowOf([measurementOf('snapshot', [seconds]), measurementOf('tar', [1])], 'tar');
    expect(row).toMatch(new RegExp(String.raw`≤ 1.15x \| ${met} \|$`));
  });

  it.each([
    [299e6, 'yes'],
    [301e6, 'no'],
  ])('says of %d bytes of memory: goal met, %s', (bytes, met) => {
    expect(rowOf([measurementOf('snapshot', [1], bytes)], 'snapshot')).toMatch(
      new RegExp(String.raw`≤ 300 MB \| ${met} \|$`),
    );
  });

  it('leaves a goal open when snapshot was not measured', () => {
    expect(rowOf([measurementOf('tar', [1])], 'tar')).toMatch(/≤ 1.15x \| – \|$/);
  });

  it('aligns its columns', () => {
    const table = formatTable([measurementOf('snapshot', [12.5]), measurementOf('tar', [1, 2])]);
    expect(new Set(table.split('\n').map((line) => line.length)).size).toBe(1);
  });
});

describe('replaceSection()', () => {
  it('keeps what is written by hand around the section', () => {
    const once = replaceSection(
      '# Mine\n\n<!-- bench:begin -->\nold\n<!-- bench:end -->\n\nFindings\n',
      'new',
    );

    expect(once).toBe('# Mine\n\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\n\nFindings\n');
    expect(replaceSection(once, 'new')).toBe(once);
  });

  it('adds the section to a page that has none', () => {
    expect(replaceSection('# Mine\n', 'new')).toBe(
      '# Mine\n\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\n',
    );
  });
});

describe('drawChart()', () => {
  it('draws bars to the left of 1 for the faster and to the right for the slower', () => {
    const chart = drawChart(
      compare([measurementOf('snapshot', [2]), measurementOf('tar', [1]), measurementOf('restic', [4])]),
    );
    const one = Number(/class="one" x1="([\d.]+)"/.exec(chart)?.[1]);
    const barOf = (kind: string): number[] =>
      (new RegExp(`class="${kind}" x="([\\d.]+)" y="[\\d.]+" width="([\\d.]+)"`).exec(chart) ?? [])
        .slice(1)
        .map(Number);

    const [fasterX = 0, fasterWidth = 0] = barOf('faster');
    expect(fasterX + fasterWidth).toBeCloseTo(one, 0);
    expect(barOf('slower')[0]).toBeCloseTo(one, 0);
    expect(fasterWidth).toBeGreaterThan(10);
  });
});
