import { describe, expect, it } from 'vitest';
import type { BytePath } from '../tree/path.ts';
import { formatDotSync } from './dot-sync.ts';
import type { Item } from './item.ts';

const NOW_S = 1_800_000_000;
const DAY_S = 86_400;
const FILE: Item = {
  type: 'file',
  size: 1,
  mtimeMs: 1_700_000_000_900,
  mode: 0o644,
  target: undefined,
  tag: '',
};

/** What is said after `before`, where only `file` is there. */
function told(before: Readonly<Record<string, unknown>>): unknown {
  const items = new Map([['file' as BytePath, FILE]]);
  const text = formatDotSync(items, JSON.stringify({ '.': { '.st': 1, '.sd': 0, ...before } }), NOW_S * 1000);
  return (JSON.parse(text) as Record<string, unknown>)['.'];
}

const ROOT = { '.st': NOW_S, '.sd': 0, file: { '.st': 1_700_000_000, '.sd': 1 } };

describe('formatDotSync()', () => {
  it.each<[string, Readonly<Record<string, unknown>>, object]>([
    ['what is gone now, as deleted now', { gone: { '.st': 5, '.sd': 1 } }, { '.st': NOW_S, '.sd': null }],
    [
      'what went a year ago, as before',
      { gone: { '.st': NOW_S - 365 * DAY_S, '.sd': null } },
      { '.st': NOW_S - 365 * DAY_S, '.sd': null },
    ],
  ])('tells of %s', (_, before, gone) => {
    expect(told(before)).toEqual({ ...ROOT, gone });
  });

  it('tells no more of what went longer ago, nor of what is there again', () => {
    const before = {
      file: { '.st': NOW_S - DAY_S, '.sd': null },
      gone: { '.st': NOW_S - 365 * DAY_S - 1, '.sd': null },
    };
    expect(told(before)).toEqual(ROOT);
  });
});
