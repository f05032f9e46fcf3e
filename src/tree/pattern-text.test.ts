import { describe, expect, it } from 'vitest';
import { patternText } from './pattern-text.ts';

const TEXT = '*.tmp\r\n/Büro/\r\n';

describe('patternText()', () => {
  it.each<[string, Buffer]>([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${TEXT}`)],
    ['UTF-16, little end first', Buffer.from(`\uFEFF${TEXT}`, 'utf16le')],
    ['UTF-16, big end first', Buffer.from(`\uFEFF${TEXT}`, 'utf16le').swap16()],
  ])('reads %s', (_, bytes) => {
    expect(patternText(bytes)).toBe(TEXT);
  });

  it('reads nothing from nothing', () => {
    expect(patternText(Buffer.alloc(0))).toBe('');
  });

  it('refuses what is no text', () => {
    expect(() => patternText(Buffer.from(TEXT, 'utf16le'))).toThrow('it is not text in UTF-8 or UTF-16');
  });
});
