import { describe, expect, it } from 'vitest';
import type { BytePath } from '../tree/path.ts';
import { type Clocks, decide, type Decision, isConflict } from './decide.ts';
import type { Agreed, Seen } from './item.ts';

const EVEN: Clocks = { aheadMs: 0, uncertainMs: 0 };

function file(content: string, mtimeMs = 0): Seen {
  return {
    type: 'file',
    size: 1,
    mtimeMs,
    mode: 0o644,
    target: undefined,
    tag: `${content} ${mtimeMs}`,
    hash: content,
  };
}
const FOLDER: Seen = {
  type: 'folder',
  size: 0,
  mtimeMs: 0,
  mode: 0o755,
  target: undefined,
  tag: '',
  hash: undefined,
};
function link(to: string): Seen {
  return {
    type: 'link',
    size: 0,
    mtimeMs: 0,
    mode: undefined,
    target: to as BytePath,
    tag: '',
    hash: undefined,
  };
}

function agreed(seen: Seen, there: Seen = seen): Agreed {
  const { type, hash, target } = seen;
  return { type, hash, target, here: seen, there };
}

const NOW = 1_000_000_000;
const STATES: readonly (Seen | undefined)[] = [
  undefined,
  ...[0, NOW - 1000, NOW, NOW + 5000].flatMap((at) => ['a', 'b', 'c'].map((content) => file(content, at))),
  FOLDER,
  link('x'),
  link('y'),
];
const PASTS: readonly (Agreed | undefined)[] = STATES.map((state) =>
  state === undefined ? undefined : agreed(state),
);
const CLOCKS: readonly Clocks[] = [
  EVEN,
  { aheadMs: 3_600_000, uncertainMs: 500 },
  { aheadMs: -10_000, uncertainMs: 3000 },
];

function* all(): Generator<readonly [Agreed | undefined, Seen | undefined, Seen | undefined, Clocks]> {
  for (const past of PASTS)
    for (const here of STATES)
      for (const there of STATES) for (const clocks of CLOCKS) yield [past, here, there, clocks];
}

function contentOf(seen: Pick<Seen, 'type' | 'hash' | 'target'> | undefined): string {
  return seen === undefined ? 'nothing' : `${seen.type} ${seen.hash ?? ''}${seen.target ?? ''}`;
}

/** What both sides have after a decision, and what has become a version. */
function after(
  decision: Decision,
  here: Seen | undefined,
  there: Seen | undefined,
): readonly [Seen | undefined, Seen | undefined, readonly string[]] {
  const versions: string[] = [];
  const lose = (seen: Seen | undefined): void => {
    if (seen !== undefined && seen.type !== 'folder') versions.push(contentOf(seen));
  };
  if (decision.do === 'copy' || decision.do === 'delete') {
    const side = decision.do === 'copy' ? decision.to : decision.on;
    lose(side === 'here' ? here : there);
    const wins = side === 'here' ? there : here;
    const won = decision.do === 'copy' ? wins : undefined;
    return [won, won, versions];
  }
  return [here, there, versions];
}

function flip(side: 'here' | 'there'): 'here' | 'there' {
  return side === 'here' ? 'there' : 'here';
}

function mirrored(decision: Decision): Decision {
  if (decision.do === 'copy') return { ...decision, to: flip(decision.to) };
  return decision.do === 'delete' || decision.do === 'mode'
    ? { ...decision, on: flip(decision.on) }
    : decision;
}

describe('decide()', () => {
  it('carries over permissions that one side has changed, and none that both have', () => {
    const [before, one, other] = [0o644, 0o600, 0o640].map((mode): Seen => ({ ...file('a', 0), mode }));
    if (before === undefined || one === undefined || other === undefined) throw new Error('there are three');
    const done = (here: Seen, there: Seen): Decision => decide(agreed(before), here, there, EVEN);
    expect([done(one, before), done(before, one), done(one, other)]).toEqual([
      { do: 'mode', on: 'there', why: 'mode' },
      { do: 'mode', on: 'here', why: 'mode' },
      { do: 'note', why: 'same' },
    ]);
  });

  it('says the same at both ends', () => {
    for (const [past, here, there, { aheadMs, uncertainMs }] of all()) {
      const other = past && { ...past, here: past.there, there: past.here };
      const back = decide(other, there, here, { aheadMs: -aheadMs, uncertainMs });
      expect(mirrored(back)).toEqual(decide(past, here, there, { aheadMs, uncertainMs }));
    }
  });

  it('loses no content that was not deleted, and settles in one pass', () => {
    for (const [past, here, there, clocks] of all()) {
      const decision = decide(past, here, there, clocks);
      const [ours, theirs, versions] = after(decision, here, there);
      for (const seen of [here, there]) {
        if (seen === undefined || seen.type === 'folder') continue;
        expect([contentOf(ours), contentOf(theirs), ...versions]).toContain(contentOf(seen));
      }
      if (decision.do === 'apart') {
        expect(here?.type).not.toBe(there?.type);
        continue;
      }
      expect(contentOf(ours)).toBe(contentOf(theirs));
      const next = decide(ours && agreed(ours, theirs), ours, theirs, clocks);
      expect(['nothing', 'note']).toContain(next.do);
    }
  });

  it('deletes only what the other side has deleted, and nobody has changed', () => {
    for (const [past, here, there, clocks] of all()) {
      const decision = decide(past, here, there, clocks);
      if (decision.do !== 'delete') continue;
      expect(past).toBeDefined();
      const [kept, gone] = decision.on === 'here' ? [here, there] : [there, here];
      expect(gone).toBeUndefined();
      expect(contentOf(kept)).toBe(contentOf(past));
    }
  });

  it.each<[string, Agreed | undefined, Seen | undefined, Seen | undefined, Decision]>([
    [
      'a change goes over, whatever the clocks say',
      agreed(file('a', NOW)),
      file('b', 0),
      file('a', NOW),
      { do: 'copy', to: 'there', why: 'changed' },
    ],
    [
      'a change of the other side comes',
      agreed(file('a')),
      file('a'),
      file('b'),
      { do: 'copy', to: 'here', why: 'changed' },
    ],
    ['the same change is noted', agreed(file('a')), file('b', 5), file('b', 9), { do: 'note', why: 'same' }],
    [
      'the newer one wins',
      agreed(file('a')),
      file('b', NOW),
      file('c', NOW + 9000),
      { do: 'copy', to: 'here', why: 'newer' },
    ],
    [
      'within two seconds the greater hash',
      agreed(file('a')),
      file('b', NOW),
      file('c', NOW + 1500),
      { do: 'copy', to: 'here', why: 'hash' },
    ],
    [
      'a change wins over a deletion',
      agreed(file('a')),
      undefined,
      file('b'),
      { do: 'copy', to: 'here', why: 'kept' },
    ],
    [
      'a deletion goes over',
      agreed(file('a')),
      undefined,
      file('a'),
      { do: 'delete', on: 'there', why: 'deleted' },
    ],
    [
      'without a past nothing is deleted',
      undefined,
      undefined,
      file('a'),
      { do: 'copy', to: 'here', why: 'new' },
    ],
    [
      'what is gone on both sides is noted',
      agreed(file('a')),
      undefined,
      undefined,
      { do: 'note', why: 'gone' },
    ],
    ['a file and a folder stay apart', undefined, file('a'), FOLDER, { do: 'apart', why: 'types' }],
    [
      'a change of type goes over',
      agreed(file('a')),
      FOLDER,
      file('a'),
      { do: 'copy', to: 'there', why: 'changed' },
    ],
    [
      'a file of which nobody read the content is another one',
      agreed(file('a')),
      { ...file('b'), hash: undefined },
      file('a'),
      { do: 'copy', to: 'there', why: 'changed' },
    ],
    [
      'a mode goes over',
      agreed(file('a')),
      { ...file('a'), mode: 0o755 },
      file('a'),
      { do: 'mode', on: 'there', why: 'mode' },
    ],
    [
      'a touched file is only noted',
      agreed(file('a', 1)),
      file('a', 2),
      file('a', 1),
      { do: 'note', why: 'same' },
    ],
    ['what is as it was is nothing', agreed(file('a')), file('a'), file('a'), { do: 'nothing' }],
  ])('%s', (_, past, here, there, decision) => {
    expect(decide(past, here, there, EVEN)).toEqual(decision);
  });

  it('takes off what the other clock says too much', () => {
    const clocks = { aheadMs: 3_600_000, uncertainMs: 0 };
    // An hour later there, but half an hour earlier in truth.
    expect(decide(agreed(file('a')), file('b', NOW), file('c', NOW + 1_800_000), clocks)).toEqual({
      do: 'copy',
      to: 'there',
      why: 'newer',
    });
    // Too near to each other for how well the clocks are known.
    const unsure = decide(agreed(file('a')), file('b', NOW), file('c', NOW + 3_600_000 + 4000), {
      ...clocks,
      uncertainMs: 3000,
    });
    expect(unsure).toEqual({ do: 'copy', to: 'here', why: 'hash' });
    expect(isConflict(unsure)).toBe(true);
  });
});
