import { describe, expect, it } from 'vitest';
import { withoutSignature } from './pe-signature.ts';

const HEADER = 0x80;
const ENTRY = HEADER + 24 + 112 + 4 * 8;

/** A program of nothing but headers, with `signature` behind it. */
function program(signature: string): Buffer {
  const bytes = Buffer.alloc(0x200);
  bytes.write('MZ');
  bytes.writeUInt32LE(HEADER, 0x3c);
  bytes.write('PE\0\0', HEADER);
  bytes.writeUInt16LE(0x20b, HEADER + 24);
  if (signature === '') return bytes;
  bytes.writeUInt32LE(bytes.length, ENTRY);
  bytes.writeUInt32LE(signature.length, ENTRY + 4);
  return Buffer.concat([bytes, Buffer.from(signature)]);
}

describe('withoutSignature()', () => {
  it('takes the signature away, and what points to it', () => {
    expect(withoutSignature(program('signed by somebody'))).toEqual(program(''));
  });

  it('leaves a program alone that has none', () => {
    expect(withoutSignature(program(''))).toEqual(program(''));
  });

  it.each([
    ['is empty', Buffer.alloc(0), /no program/],
    ['is something else', Buffer.alloc(0x200), /no program/],
    ['has more behind its signature', Buffer.concat([program('signed'), Buffer.from('more')]), /behind/],
  ])('refuses what %s', (_, bytes, message) => {
    expect(() => withoutSignature(bytes)).toThrow(message);
  });
});
