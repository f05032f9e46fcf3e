import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Blake3, loadBlake3, loadWasm } from './blake3.ts';

/** The input of the official test vectors. */
function input(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/** https://github.com/BLAKE3-team/BLAKE3/blob/master/test_vectors/test_vectors.json, the first 32 bytes. */
const VECTORS: [number, string][] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1023, '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  [1025, 'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444'],
  [2048, 'e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a'],
  [31_744, '62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47'],
  [65_536, '68d647e619a930e7b1082f74f334b0c65a315725569bdc123f0ee11881717bfe'],
  [102_400, 'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085'],
];

const wasm = await loadWasm();
const fastest = await loadBlake3();
/** Where the native one does not load, the portable one is tested twice. */
const IMPLEMENTATIONS: [string, Blake3][] = [
  ['portable', wasm],
  ['fastest', fastest],
];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** `bytes` cut at the places that `cuts` name. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

describe.each(IMPLEMENTATIONS)('the %s BLAKE3', (_, blake3) => {
  it.each(VECTORS)('gives the official hash of %i bytes', async (length, hash) => {
    expect(hex(blake3.hash(input(length)))).toBe(hash);
    const hasher = await blake3.create();
    hasher.reset();
    hasher.update(input(length));
    expect(hex(hasher.digest())).toBe(hash);
  });

  it('gives 32 bytes', () => {
    expect(blake3.hash(Buffer.from('anything'))).toHaveLength(32);
  });

  it('begins anew after a reset, also in the middle of a content', async () => {
    const hasher = await blake3.create();
    hasher.reset();
    hasher.update(Buffer.from('given up'));
    hasher.reset();
    expect(hex(hasher.digest())).toBe(VECTORS[0]?.[1]);
    hasher.reset();
    hasher.update(input(1));
    expect(hex(hasher.digest())).toBe(VECTORS[1]?.[1]);
  });

  it('keeps hashers apart that are used in turns', async () => {
    const [a, b] = [await blake3.create(), await blake3.create()];
    a.reset();
    b.reset();
    a.update(input(1000));
    b.update(input(1));
    blake3.hash(Buffer.from('something else'));
    a.update(input(1025).subarray(1000));
    expect(hex(b.digest())).toBe(VECTORS[1]?.[1]);
    expect(hex(a.digest())).toBe(VECTORS[4]?.[1]);
  });

  it('leaves a digest as it is when more is hashed', async () => {
    const first = blake3.hash(input(1));
    const hasher = await blake3.create();
    hasher.reset();
    const second = hasher.digest();
    blake3.hash(input(1025));
    hasher.reset();
    hasher.update(input(1025));
    hasher.digest();
    expect([hex(first), hex(second)]).toEqual([VECTORS[1]?.[1], VECTORS[0]?.[1]]);
  });

  it('sees the bytes of a view, not of the buffer below it', () => {
    const view = new Uint8Array(Uint8Array.from([9, ...input(1025), 9]).buffer, 1, 1025);
    expect(hex(blake3.hash(view))).toBe(VECTORS[4]?.[1]);
  });
});

describe('loadBlake3()', () => {
  it('gives the same bytes as the portable one, in whatever pieces the content comes', async () => {
    const hashers = [await wasm.create(), await fastest.create()];
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 10_000 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        async (bytes, cuts) => {
          const digests = hashers.map((hasher) => {
            hasher.reset();
            for (const piece of pieces(bytes, cuts)) hasher.update(piece);
            return hex(hasher.digest());
          });
          expect(new Set([...digests, hex(wasm.hash(bytes)), hex(fastest.hash(bytes))]).size).toBe(1);
        },
      ),
    );
  });
});
