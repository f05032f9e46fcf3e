// zstd as native code from @toondepauw/node-zstd, which there is for Linux on x64.
import type * as NodeZstd from '@toondepauw/node-zstd';
import { loadNative } from '../../base/native.ts';
import { checked, type Compressor, type Decompressor, LEVEL, withChecksums } from './codec.ts';

let isHere: boolean | undefined;

/** Whether it has a build for this machine. */
export function hasPackage(): boolean {
  if (isHere === undefined) {
    try {
      loadPackage();
      isHere = true;
    } catch {
      isHere = false;
    }
  }
  return isHere;
}

function loadPackage(): typeof NodeZstd {
  return loadNative('@toondepauw/node-zstd') as typeof NodeZstd;
}

/** @throws where it has no build for this machine. */
export async function packageCompressor(): Promise<Compressor> {
  const { Encoder } = loadPackage();
  const encoder = new Encoder(LEVEL);
  return await withChecksums((content) => encoder.encodeSync(asBuffer(content)));
}

/** As {@link packageCompressor}. */
export function packageDecompressor(): Decompressor {
  const { Decoder } = loadPackage();
  const decoder = new Decoder();
  return checked((frame) => decoder.decodeSync(asBuffer(frame)));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
