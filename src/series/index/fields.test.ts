import { describe, expect, it } from 'vitest';
import { Fields } from './fields.ts';

describe('Fields', () => {
  const fields = Fields.parse(
    JSON.stringify({ none: null, inner: { list: [{ a: 1 }, { a: -1 }] }, shares: [0, 1] }),
    'x',
  );

  it.each<[string, string, boolean]>([
    ['2026-11-19T02:00:00Z', 'a second', true],
    ['2026-11-19T02:00:00.123456789Z', 'a nanosecond', true],
    ['2024-02-29T23:59:59.0Z', 'a leap day', true],
    ['2026-13-01T00:00:00Z', 'a 13th month', false],
    ['2026-11-19T02:00:00', 'no zone', false],
    ['2026-11-19T02:00:00+01:00', 'another zone', false],
    [' 2026-11-19T02:00:00Z', 'something before it', false],
    ['2026-11-19T02:00:00Z\n', 'something behind it', false],
  ])('%j as a moment, with %s: %s', (text, _, isRight) => {
    const one = Fields.parse(JSON.stringify({ at: text }), 'x');
    if (isRight) expect(one.time('at')).toBe(text);
    else expect(() => one.time('at')).toThrow('`at` is missing or not what it should be');
  });

  it.each<[number, boolean]>([
    [0, true],
    [1, true],
    [1.000001, false],
    [-0.000001, false],
  ])('%d as a share: %s', (share, isRight) => {
    const one = Fields.parse(JSON.stringify({ share }), 'x');
    if (isRight) expect(one.share('share')).toBe(share);
    else expect(() => one.share('share')).toThrow('`share`');
  });

  it('names the place of what is wrong, however deep', () => {
    expect(fields.has('none')).toBe(false);
    const [first, second] = fields.object('inner').objects('list');
    expect(first?.count('a')).toBe(1);
    expect(() => second?.count('a')).toThrow('"x" is damaged: `inner.list.1.a` is missing');
    expect(() => fields.object('none')).toThrow('"x" is damaged: `none` is no object');
    expect(() => fields.object('shares')).toThrow('`shares` is no object');
    expect(() => Fields.parse('[]', 'x')).toThrow('"x" is damaged: it is no object');
  });
});

const DEEP = 5_000_000;

describe('Fields.parse()', () => {
  it.each([
    ['lists', '['.repeat(DEEP) + ']'.repeat(DEEP)],
    ['lists without an end', '['.repeat(DEEP)],
    ['objects', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`],
    ['lists behind a text that ends in a backslash', `["\\\\",${'['.repeat(DEEP)}`],
  ])('refuses megabytes of nested %s before they are parsed, which takes seconds', (_, json) => {
    expect(() => Fields.parse(json, 'info.json')).toThrow(
      '"info.json" is damaged: it is nested far too deep',
    );
  });

  it('takes what is as deep as it may be, and refuses one more', () => {
    const long = 'x'.repeat(64 * 1024);
    const nested = (depth: number): string => `{"a":${'['.repeat(depth)}1${']'.repeat(depth)},"b":"${long}"}`;
    expect(Fields.parse(nested(31), 'x').has('a')).toBe(true);
    expect(() => Fields.parse(nested(32), 'x')).toThrow('nested far too deep');
  });

  it('takes what is long and not deep, whatever brackets its texts hold', () => {
    const texts = Array.from({ length: 10_000 }, (_, i) => `${i}\\"${'[{'.repeat(i % 50)}`);
    const objects = texts.map((text) => ({ text, list: [{}] }));
    const fields = Fields.parse(JSON.stringify({ texts, objects }), 'x');
    expect(fields.strings('texts')).toEqual(texts);
    expect(fields.objects('objects').map((one) => one.text('text'))).toEqual(texts);
  });
});
