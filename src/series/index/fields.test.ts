import { describe, expect, it } from 'vitest';
import { Fields } from './fields.ts';

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

  it('takes what is long and not deep, whatever brackets its texts hold', () => {
    const texts = Array.from({ length: 10_000 }, (_, i) => `${i}\\"${'[{'.repeat(i % 50)}`);
    const objects = texts.map((text) => ({ text, list: [{}] }));
    const fields = Fields.parse(JSON.stringify({ texts, objects }), 'x');
    expect(fields.strings('texts')).toEqual(texts);
    expect(fields.objects('objects').map((one) => one.text('text'))).toEqual(texts);
  });
});
