import type * as Native from '@napi-rs/blake-hash';
import { loadNative } from '../base/native.ts';

/** Takes content piece by piece. */
export interface Hasher {
  /** Begins anew. */
  reset(): void;
  update(bytes: Uint8Array): void;
  /** 32 bytes. Reset it before it takes more. */
  digest(): Uint8Array;
}

/** BLAKE3-256. Source: https://github.com/BLAKE3-team/BLAKE3-specs */
export interface Blake3 {
  readonly implementation: 'native' | 'wasm';
  /** 32 bytes. */
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  readonly create: () => Promise<Hasher>;
}

/** The fastest BLAKE3 there is on this machine: native code where it loads, else WebAssembly. */
export async function loadBlake3(): Promise<Blake3> {
  return nativeBlake3() ?? (await loadWasm());
}

function nativeBlake3(): Blake3 | undefined {
  let native: typeof Native;
  try {
    native = loadNative('@napi-rs/blake-hash') as typeof Native;
  } catch {
    // An optional dependency: not every platform has it, and the other one gives the same bytes.
    return undefined;
  }
  return {
    implementation: 'native',
    hash: (bytes) => native.blake3(asBuffer(bytes)),
    async create() {
      const hasher = new native.Blake3Hasher();
      return {
        reset: () => hasher.reset(),
        update: (bytes) => void hasher.update(asBuffer(bytes)),
        digest: () => hasher.digestBuffer(),
      };
    },
  };
}

/** The same memory, in the one type that the package takes. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The portable one; exported so that a test holds the two against each other. */
export async function loadWasm(): Promise<Blake3> {
  // Loaded only where it is needed: it is a quarter of a megabyte of code.
  const { createBLAKE3 } = await import('hash-wasm');
  const shared = await createBLAKE3();
  return {
    implementation: 'wasm',
    hash: (bytes) => shared.init().update(bytes).digest('binary'),
    async create() {
      const hasher = await createBLAKE3();
      return {
        reset: () => void hasher.init(),
        update: (bytes) => void hasher.update(bytes),
        digest: () => hasher.digest('binary'),
      };
    },
  };
}
