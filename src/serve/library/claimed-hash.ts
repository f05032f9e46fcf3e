import { Refusal } from '../refusal.ts';

/** The hash that a client says a content has. */
export interface ClaimedHash {
  readonly algorithm: 'md5' | 'sha256' | 'blake3';
  /** Hexadecimal digits, small. */
  readonly hex: string;
}

/**
 * Reads 32 hexadecimal digits as MD5, `md5:`, `sha256:` and `blake3:` with theirs.
 *
 * @throws {@link Refusal} 400 for anything else.
 */
export function parseHash(text: string): ClaimedHash {
  const [, name = 'md5', digits = ''] = /^(?:(md5|sha256|blake3):)?([0-9a-f]+)$/i.exec(text) ?? [];
  const algorithm = name.toLowerCase() as ClaimedHash['algorithm'];
  if (digits.length === (algorithm === 'md5' ? 32 : 64)) return { algorithm, hex: digits.toLowerCase() };
  throw new Refusal(400, 'The hash is to be 32 hexadecimal digits of MD5, or `sha256:` or `blake3:` and 64.');
}

/**
 * The SHA-256 in a `Repr-Digest`, if it has one (RFC 9530): `sha-256=:BASE64:`.
 *
 * @throws {@link Refusal} 400 when that is no SHA-256.
 */
export function parseDigest(header: string): ClaimedHash | undefined {
  const [, base64] = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]*):/.exec(header) ?? [];
  if (base64 === undefined) return undefined;
  return parseHash(`sha256:${Buffer.from(base64, 'base64').toString('hex')}`);
}

/** Says that what arrived is something else. */
export function differs(arrived: string | undefined, { algorithm, hex }: ClaimedHash): Refusal {
  const message = `What arrived has another ${algorithm}: ${arrived}, not ${hex}. Nothing was kept`;
  return new Refusal(422, message, { status: 'differs' });
}
