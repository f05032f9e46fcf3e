import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BytePath, fromText } from '../tree/path.ts';
import { parseVersion, stampOf, versionPath } from './version-name.ts';

const AT = new Date('2026-11-28T02:15:00.789Z');

describe('versionPath()', () => {
  it.each([
    ['a/b/name.ext', 1, 'a/b/name~20261128T021500Z.ext'],
    ['name', 1, 'name~20261128T021500Z'],
    ['.bashrc', 1, '.bashrc~20261128T021500Z'],
    ['archive.tar.gz', 2, 'archive.tar~20261128T021500Z-2.gz'],
    ['ends.', 1, 'ends.~20261128T021500Z'],
    ['a~20200101T000000Z.txt', 1, 'a~20200101T000000Z~20261128T021500Z.txt'],
  ])('calls %s, the %i. of its second, %s', (path, nth, version) => {
    expect(versionPath(fromText(path), stampOf(AT), nth)).toBe(version);
  });

  it('has no name for what would be too long with a date in it', () => {
    expect(versionPath('x'.repeat(238) as BytePath, stampOf(AT), 1)).toHaveLength(255);
    expect(versionPath('x'.repeat(239) as BytePath, stampOf(AT), 1)).toBeUndefined();
  });
});

describe('parseVersion()', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 20, unit: fc.constantFrom('a', '.', '~', '-', '2', 'Z', '\n') })
    .filter((text) => text !== '.' && text !== '..');

  it('reads what versionPath() writes', () => {
    fc.assert(
      fc.property(name, fc.integer({ min: 1, max: 30 }), (text, nth) => {
        const path = `d/${text}` as BytePath;
        const version = versionPath(path, stampOf(AT), nth) ?? ('' as BytePath);
        expect(parseVersion(version)).toEqual({ path, untilMs: Date.parse('2026-11-28T02:15:00Z'), nth });
      }),
    );
  });

  it.each(['a', 'a~20261128.txt', 'a~20261341T021500Z.txt', '~20261128T021500Z'])('%s is none', (text) => {
    expect(parseVersion(fromText(text))).toBeUndefined();
  });
});
