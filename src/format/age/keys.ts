// Keys of age: https://age-encryption.org/v1, "The X25519 recipient type". In text they are Bech32 (BIP 173).
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { bech32 } from '@scure/base';

/** Whom something is encrypted for. */
export interface Recipient {
  /** `age1...` */
  readonly text: string;
  readonly key: KeyObject;
  /** The key itself, 32 bytes. */
  readonly bytes: Buffer;
}

/** What decrypts it. */
export interface Identity {
  readonly recipient: Recipient;
  readonly key: KeyObject;
}

const KEY_BYTES = 32;
const RECIPIENT = 'age';
const IDENTITY = 'age-secret-key-';

/** What stands before the 32 bytes of a key in DER, RFC 8410. */
const PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex');
const PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** The recipient that `text` is; undefined when it is none. */
export function parseRecipient(text: string): Recipient | undefined {
  const bytes = decode(text, RECIPIENT);
  return bytes === undefined || text !== text.toLowerCase() ? undefined : recipientOf(bytes);
}

/** The identity that `text`, `AGE-SECRET-KEY-1...`, is; undefined when it is none. */
export function parseIdentity(text: string): Identity | undefined {
  const bytes = decode(text, IDENTITY);
  return bytes === undefined || text !== text.toUpperCase() ? undefined : identityOf(bytes);
}

/** A new identity, and what it is in text. */
export function newIdentity(): { readonly identity: Identity; readonly text: string } {
  const { privateKey } = generateKeyPairSync('x25519');
  const bytes = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(PRIVATE_DER.length);
  return { identity: identityOf(bytes), text: bech32.encodeFromBytes(IDENTITY, bytes).toUpperCase() };
}

/** @param bytes - 32 of them. */
export function recipientOf(bytes: Buffer): Recipient {
  const der = Buffer.concat([PUBLIC_DER, bytes]);
  return {
    text: bech32.encodeFromBytes(RECIPIENT, bytes),
    key: createPublicKey({ key: der, type: 'spki', format: 'der' }),
    bytes,
  };
}

function identityOf(bytes: Buffer): Identity {
  const der = Buffer.concat([PRIVATE_DER, bytes]);
  const key = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
  return { key, recipient: recipientOf(publicBytes(key)) };
}

/** The 32 bytes of the public key that belongs to `key`. */
export function publicBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(PUBLIC_DER.length);
}

function decode(text: string, prefix: string): Buffer | undefined {
  try {
    const found = bech32.decodeToBytes(text);
    return found.prefix === prefix && found.bytes.length === KEY_BYTES ? Buffer.from(found.bytes) : undefined;
  } catch {
    // Not Bech32, or a letter of it is wrong.
    return undefined;
  }
}
