import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elements, escaped, isWhole, textOf } from './xml.ts';

describe('answers in XML', () => {
  it('give back any text that was put into them', () => {
    assert(
      property(string({ unit: 'grapheme' }), (text) => {
        expect(textOf(`<A x="1"><Key>${escaped(text)}</Key></A>`, 'Key')).toBe(text);
      }),
    );
  });

  it('may write characters as numbers', () => {
    expect(
      textOf('<Key>&#233;&#xE9;&quot;&apos;&amp;lt;&#x1F600;&#x10FFFF;&#x110000;&other;</Key>', 'Key'),
    ).toBe('éé"\'&lt;😀\u{10ffff}&#x110000;&other;');
  });

  it('have elements of which one name begins another', () => {
    expect(elements('<Key>1</Key><KeyMarker>2</KeyMarker><Key a="b">3</Key>', 'Key')).toEqual(['1', '3']);
    expect(textOf('<KeyMarker>2</KeyMarker>', 'Key')).toBeUndefined();
  });

  it.each([
    ['<?xml version="1.0" encoding="UTF-8"?>\n<A xmlns="x"><B/></A>\n', true],
    [' \n <A></A>', true],
    ['<A/>', true],
    ['<A><B></B>', false],
    ['<html><A></A></html>', false],
    ['<AB></AB>', false],
    ['', false],
  ])('%j is whole: %s', (xml, whole) => {
    expect(isWhole(xml, 'A')).toBe(whole);
  });
});
