// Against the tool that everybody has: `age`, as Debian has it.
import { execFileSync } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fileKeyOf, headerBytes, hkdf, makeHeader, parseHeader } from './header.ts';
import { newIdentity, parseIdentity, parseRecipient, type Recipient } from './keys.ts';
import { NONCE_BYTES, Payload, plainSize, type ReadPart, sealedSize } from './payload.ts';

const PIECE = 65_536;
/** Around the edges of pieces. */
const SIZES = [0, 1, 100, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 5, 300_000];

function reading(bytes: Buffer): ReadPart {
  return async (offset, length) => await Promise.resolve(bytes.subarray(offset, offset + length));
}

async function encrypt(plain: Buffer, recipients: readonly Recipient[]): Promise<Buffer> {
  const fileKey = randomBytes(16);
  const payload = new Payload(fileKey, randomBytes(NONCE_BYTES));
  const sealed = await payload.sealed(reading(plain), plain.length, 0, sealedSize(plain.length));
  return Buffer.concat([makeHeader(fileKey, recipients), sealed]);
}

function open(file: Buffer, secret: string): { payload: Payload; behind: Buffer } {
  const header = parseHeader(file, 'x.age');
  const identity = parseIdentity(secret);
  if (header === undefined || identity === undefined) throw new Error('no header, or no identity');
  const key = fileKeyOf(header, [identity], 'x.age');
  if (key === undefined) throw new Error('for somebody else');
  const behind = file.subarray(header.length);
  return { payload: new Payload(key, behind.subarray(0, NONCE_BYTES)), behind };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'snapshot-age-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe('keys', () => {
  it('are those that `age-keygen` makes and reads', () => {
    const made = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const secret = /^AGE-SECRET-KEY-.*$/m.exec(made)?.[0] ?? '';
    expect(parseIdentity(secret)?.recipient.text).toBe(/public key: (age1.*)$/m.exec(made)?.[1]);
    const own = newIdentity();
    const shown = execFileSync('age-keygen', ['-y'], { input: `${own.text}\n`, encoding: 'utf8' });
    expect(shown.trim()).toBe(own.identity.recipient.text);
  });

  it('that are wrong in one letter, or something else, are none', () => {
    const { text, identity } = newIdentity();
    const recipient = identity.recipient.text;
    expect(parseRecipient(recipient)?.text).toBe(recipient);
    const last = recipient.at(-1) === 'q' ? 'p' : 'q';
    for (const wrong of ['', 'age1', recipient.slice(0, -1) + last, recipient.toUpperCase(), text])
      expect(parseRecipient(wrong)).toBeUndefined();
    for (const wrong of ['', text.slice(0, -1), text.toLowerCase(), recipient])
      expect(parseIdentity(wrong)).toBeUndefined();
  });
});

describe('an age file', () => {
  it.each(SIZES)('of %i bytes is decrypted by `age`, with the key of each recipient', async (size) => {
    const [a, b] = [newIdentity(), newIdentity()];
    const plain = randomBytes(size);
    const file = await encrypt(plain, [a.identity.recipient, b.identity.recipient]);
    expect(file.length).toBe(headerBytes(2) + sealedSize(size));
    const at = folder();
    for (const { text } of [a, b]) {
      writeFileSync(join(at, 'key'), `${text}\n`);
      const back = execFileSync('age', ['-d', '-i', join(at, 'key')], { input: file, maxBuffer: 1e7 });
      expect(back.equals(plain)).toBe(true);
    }
  });

  it.each(SIZES)('of %i bytes that `age` made is read', (size) => {
    const { identity, text } = newIdentity();
    const plain = randomBytes(size);
    const file = execFileSync('age', ['-r', identity.recipient.text], { input: plain, maxBuffer: 1e7 });
    const { payload, behind } = open(file, text);
    expect(payload.all(behind)?.equals(plain)).toBe(true);
    expect(plainSize(behind.length)).toBe(size);
  });

  it('is for those it was made for only', async () => {
    const file = await encrypt(Buffer.from('mine'), [newIdentity().identity.recipient]);
    expect(() => open(file, newIdentity().text)).toThrow('for somebody else');
  });

  it('is written and read in any parts', async () => {
    const { identity, text } = newIdentity();
    const plain = randomBytes(200_000);
    const fileKey = randomBytes(16);
    const payload = new Payload(fileKey, randomBytes(NONCE_BYTES));
    const whole = await payload.sealed(reading(plain), plain.length, 0, sealedSize(plain.length));
    const file = Buffer.concat([makeHeader(fileKey, [identity.recipient]), whole]);
    const opened = open(file, text);
    const edges = fc.oneof(fc.nat(210_000), fc.constantFrom(0, 16, 65_536, 65_552, 65_568, 131_104, 200_000));
    await fc.assert(
      fc.asyncProperty(edges, edges, async (offset, length) => {
        const part = await payload.sealed(reading(plain), plain.length, offset, length);
        expect(part.equals(whole.subarray(offset, offset + length))).toBe(true);
        const back = await opened.payload.opened(reading(opened.behind), offset, length);
        expect(back?.equals(plain.subarray(offset, offset + length))).toBe(true);
      }),
    );
  });

  it('is refused when a bit of it was changed, or its end is missing', async () => {
    const { identity, text } = newIdentity();
    const file = await encrypt(randomBytes(PIECE + 100), [identity.recipient]);
    const readable = (bytes: Buffer): boolean => {
      try {
        const { payload, behind } = open(bytes, text);
        return payload.all(behind) !== undefined;
      } catch {
        return false;
      }
    };
    expect(readable(file)).toBe(true);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(file);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(readable(changed)).toBe(false);
      }),
    );
    for (const length of [0, 10, headerBytes(1), headerBytes(1) + 16, file.length - 116, file.length - 1])
      expect(readable(file.subarray(0, length))).toBe(false);
  });

  it('is refused when one of those it was made for was taken out of its header', async () => {
    const [a, b] = [newIdentity(), newIdentity()];
    const file = await encrypt(Buffer.from('ours'), [a.identity.recipient, b.identity.recipient]);
    const stanza = headerBytes(2) - headerBytes(1);
    const first = 'age-encryption.org/v1\n'.length;
    const without = Buffer.concat([file.subarray(0, first + stanza), file.subarray(first + 2 * stanza)]);
    expect(() => open(without, b.text)).toThrow('for somebody else');
    expect(() => open(without, a.text)).toThrow('its header was changed');
  });

  it('is refused when an empty piece follows a full one: it would have two forms', async () => {
    const [fileKey, nonce, plain] = [randomBytes(16), randomBytes(NONCE_BYTES), randomBytes(PIECE)];
    const payload = new Payload(fileKey, nonce);
    // As the first piece of a longer file has it.
    const longer = await payload.sealed(
      reading(Buffer.concat([plain, plain])),
      2 * PIECE,
      0,
      sealedSize(2 * PIECE),
    );
    const key = hkdf(fileKey, nonce, 'payload');
    const number = Buffer.alloc(12);
    number.set([1, 1], 10);
    const cipher = createCipheriv('chacha20-poly1305', key, number, { authTagLength: 16 });
    const end = Buffer.concat([cipher.update(''), cipher.final(), cipher.getAuthTag()]);
    const sealed = Buffer.concat([longer.subarray(0, NONCE_BYTES + PIECE + 16), end]);
    expect(payload.all(sealed)).toBeUndefined();
    expect(await payload.opened(reading(sealed), 0, 2 * PIECE)).toBeUndefined();
  });

  it.each([0, 15, 16, 31, 32 + PIECE, PIECE + 48 - 1])('none has a payload of %i bytes', (sealedBytes) => {
    expect(plainSize(sealedBytes) === undefined).toBe(sealedBytes !== 32 + PIECE);
  });

  it('has a header that says so', () => {
    expect(() => parseHeader(Buffer.from('PK\u0003\u0004 not age at all'), 'a/x.age')).toThrow(
      '"a/x.age" is damaged: it does not begin as an age file does',
    );
    expect(parseHeader(Buffer.from('age-encryption.org/v1\n-> X25519 abc\n'), 'x')).toBeUndefined();
  });
});
