// The header of an age file: whom it is for. https://age-encryption.org/v1, "Header".
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { damaged, type DamagedError } from '../../base/errors.ts';
import { type Identity, publicBytes, type Recipient, recipientOf } from './keys.ts';

const FIRST_LINE = 'age-encryption.org/v1\n';
const X25519 = 'X25519';
const WRAP_INFO = 'age-encryption.org/v1/X25519';
/** Of the key that encrypts the file. */
export const FILE_KEY_BYTES = 16;
const TAG_BYTES = 16;
/** The body of a stanza is broken into lines of so many letters; the last one is shorter. */
const LINE_LETTERS = 64;
/** A key is used once, so that the nonce may be zero. */
const ZERO_NONCE = Buffer.alloc(12);

/** Longer ones, with more than a thousand recipients, are not read: this is no header then. */
const MOST_HEADER_BYTES: number = 128 * 1024;

/** One way to the key of a file. */
interface Stanza {
  readonly args: readonly string[];
  readonly body: Buffer;
}

export interface Header {
  readonly stanzas: readonly Stanza[];
  /** Bytes that it takes. */
  readonly length: number;
  /** What its last line vouches for. */
  readonly signed: Buffer;
  readonly mac: Buffer;
}

/** @returns The header of a file that `fileKey` encrypts, for `recipients`. */
export function makeHeader(fileKey: Buffer, recipients: readonly Recipient[]): Buffer {
  const stanzas = recipients.map((recipient) => {
    const own = generateKeyPairSync('x25519').privateKey;
    const share = publicBytes(own);
    const shared = diffieHellman({ privateKey: own, publicKey: recipient.key });
    const cipher = createCipheriv('chacha20-poly1305', wrapKey(shared, share, recipient), ZERO_NONCE, {
      authTagLength: TAG_BYTES,
    });
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
    return `-> ${X25519} ${unpadded(share)}\n${unpadded(body)}\n`;
  });
  const signed = Buffer.from(`${FIRST_LINE}${stanzas.join('')}---`);
  return Buffer.concat([signed, Buffer.from(` ${unpadded(macOf(signed, fileKey))}\n`)]);
}

/** Bytes of the header of a file for so many recipients. */
export function headerBytes(recipients: number): number {
  const share = `-> ${X25519} `.length + 43 + 1;
  const body = 43 + 1;
  return FIRST_LINE.length + recipients * (share + body) + '--- '.length + 43 + 1;
}

/** Reads the header at the start of `bytes`. @returns Undefined when they are too few. @throws E_DAMAGED when there is none. */
export function parseHeader(bytes: Buffer, where: string): Header | undefined {
  const noHeader = (): DamagedError => damaged(where, 'it does not begin as an age file does');
  const line = (at: number): string | undefined => {
    const end = bytes.indexOf(0x0a, at);
    return end === -1 ? undefined : bytes.toString('latin1', at, end);
  };
  const start = bytes.toString('latin1', 0, FIRST_LINE.length);
  if (!FIRST_LINE.startsWith(start)) throw noHeader();
  const stanzas: Stanza[] = [];
  for (let at = FIRST_LINE.length; ;) {
    const head = line(at);
    if (head === undefined) {
      if (bytes.length >= MOST_HEADER_BYTES) throw noHeader();
      return undefined;
    }
    const after = at + head.length + 1;
    if (head.startsWith('--- ')) {
      const mac = Buffer.from(head.slice(4), 'base64');
      return { stanzas, length: after, signed: bytes.subarray(0, at + 3), mac };
    }
    if (!/^-> [!-~]+(?: [!-~]+)*$/.test(head)) throw noHeader();
    const letters: string[] = [];
    at = after;
    for (let text = line(at); ; text = line(at)) {
      if (text === undefined) return undefined;
      if (text.length > LINE_LETTERS) throw noHeader();
      letters.push(text);
      at += text.length + 1;
      if (text.length < LINE_LETTERS) break;
    }
    stanzas.push({ args: head.slice(3).split(' '), body: Buffer.from(letters.join(''), 'base64') });
  }
}

/**
 * The key of the file with this header; undefined when it is for none of `identities`.
 *
 * @throws {@link DamagedError} when it is for one of them, and was changed since.
 */
export function fileKeyOf(
  header: Header,
  identities: readonly Identity[],
  where: string,
): Buffer | undefined {
  for (const { args, body } of header.stanzas) {
    const [type, text = ''] = args;
    const share = Buffer.from(text, 'base64');
    if (type !== X25519 || share.length !== 32 || body.length !== FILE_KEY_BYTES + TAG_BYTES) continue;
    for (const identity of identities) {
      const fileKey = unwrap(share, body, identity);
      if (fileKey === undefined) continue;
      const mac = macOf(header.signed, fileKey);
      if (mac.length === header.mac.length && timingSafeEqual(mac, header.mac)) return fileKey;
      throw damaged(where, 'its header was changed');
    }
  }
  return undefined;
}

function unwrap(share: Buffer, body: Buffer, { key, recipient }: Identity): Buffer | undefined {
  try {
    const shared = diffieHellman({ privateKey: key, publicKey: recipientOf(share).key });
    const decipher = createDecipheriv('chacha20-poly1305', wrapKey(shared, share, recipient), ZERO_NONCE, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(body.subarray(FILE_KEY_BYTES));
    return Buffer.concat([decipher.update(body.subarray(0, FILE_KEY_BYTES)), decipher.final()]);
  } catch {
    // For somebody else.
    return undefined;
  }
}

function wrapKey(shared: Buffer, share: Buffer, recipient: Recipient): Buffer {
  return hkdf(shared, Buffer.concat([share, recipient.bytes]), WRAP_INFO);
}

/** HKDF-SHA-256, RFC 5869: 32 bytes. */
export function hkdf(secret: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
}

function macOf(signed: Buffer, fileKey: Buffer): Buffer {
  return createHmac('sha256', hkdf(fileKey, Buffer.alloc(0), 'header'))
    .update(signed)
    .digest();
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
