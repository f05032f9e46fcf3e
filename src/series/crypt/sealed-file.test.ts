import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { newIdentity } from '../../format/age/keys.ts';
import { inMemory, openWhole, SealedFile } from './sealed-file.ts';

it.each([1, 100, 65_536, 65_579, 100_000])(
  'an encrypted file is the same in pieces of %d bytes',
  async (most) => {
    const { identity } = newIdentity();
    const plain = randomBytes(most === 1 ? 300 : 200_000);
    const sealed = new SealedFile(inMemory(plain), [identity.recipient]);
    const pieces: Buffer[] = [];
    for (let at = 0; at < sealed.sizeBytes; at += most) {
      const length = Math.min(most, sealed.sizeBytes - at);
      const piece = await sealed.read(at, length);
      expect(piece).toHaveLength(length);
      pieces.push(piece);
    }
    const opened = await openWhole(Buffer.concat(pieces), [identity], 'file');
    expect(opened.plain.equals(plain)).toBe(true);
  },
);
