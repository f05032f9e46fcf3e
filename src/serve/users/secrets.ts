// Tokens and pairing codes: made here, told once, and kept as hashes.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a token may do: `upload` sends files and is told nothing of others, `read` gets files and lists, `all` both. */
export type Scope = 'upload' | 'read' | 'all';
export const SCOPES: readonly Scope[] = ['upload', 'read', 'all'];

/** A token as it is told: `snap_ID_SECRET`, of which ID is no secret. */
export interface NewToken {
  readonly id: string;
  readonly token: string;
  readonly hash: string;
}

/** 256 bits. */
const TOKEN_BYTES = 32;
/** 80 bits: it is typed, works once and for some minutes, and guesses are few. */
const CODE_LETTERS = 16;
/** Without letters and digits that look alike. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export function newToken(): NewToken {
  const id = randomBytes(6).toString('hex');
  const token = `snap_${id}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  return { id, token, hash: hashOf(token) };
}

/** The part of a token that is no secret; undefined when `token` does not look like one. */
export function idOf(token: string): string | undefined {
  return /^snap_([0-9a-f]{12})_[\w-]{43}$/.exec(token)?.[1];
}

/** `ABCD-EFGH-JKLM-NPQR`. */
export function newCode(): string {
  const letters = [...randomBytes(CODE_LETTERS)].map((byte) => LETTERS[byte % LETTERS.length]);
  return (letters.join('').match(/.{4}/g) ?? []).join('-');
}

/** A code as people type it. */
export function plainCode(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');
}

/** What is kept of a secret. It has so many bits that a slow hash would add nothing. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in a time that does not depend on where they differ. */
export function isSecret(secret: string, hash: string): boolean {
  const expected = Buffer.from(hash, 'hex');
  const given = Buffer.from(hashOf(secret), 'hex');
  return expected.length === given.length && timingSafeEqual(expected, given);
}
