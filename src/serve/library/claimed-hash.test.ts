import { describe, expect, it } from 'vitest';
import { parseDigest, parseHash } from './claimed-hash.ts';

const HEX = 'AB'.repeat(16);

describe('a hash that a client claims', () => {
  it.each([
    [HEX, { algorithm: 'md5', hex: 'ab'.repeat(16) }],
    [`MD5:${HEX}`, { algorithm: 'md5', hex: 'ab'.repeat(16) }],
    [`Sha256:${HEX}${HEX}`, { algorithm: 'sha256', hex: 'ab'.repeat(32) }],
    [`blake3:${HEX}${HEX}`, { algorithm: 'blake3', hex: 'ab'.repeat(32) }],
  ])('is read in any case: %s', (text, claim) => {
    expect(parseHash(text)).toEqual(claim);
  });

  it.each(['', 'md5:', HEX.slice(1), `${HEX}0`, `${HEX}${HEX}`, `sha256:${HEX}`, `sha1:${HEX}`, `${HEX} `])(
    'is refused when it is none: %j',
    (text) => {
      expect(() => parseHash(text)).toThrow(expect.objectContaining({ status: 400 }));
    },
  );

  it('is found among others in a Repr-Digest', () => {
    const base64 = Buffer.from('ab'.repeat(32), 'hex').toString('base64');
    const claim = { algorithm: 'sha256', hex: 'ab'.repeat(32) };
    expect(parseDigest(`sha-512=:AAAA:, sha-256=:${base64}:`)).toEqual(claim);
    expect(parseDigest('sha-512=:AAAA:')).toBeUndefined();
    expect(parseDigest(`xsha-256=:${base64}:`)).toBeUndefined();
    expect(() => parseDigest('sha-256=:AAAA:')).toThrow(expect.objectContaining({ status: 400 }));
  });
});
