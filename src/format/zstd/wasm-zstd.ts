// zstd as WebAssembly from @bokuweb/zstd-wasm: it runs everywhere, and compresses at half the speed.
import type * as ZstdWasm from '@bokuweb/zstd-wasm';
import { checked, type Compressor, type Decompressor, LEVEL, withChecksums } from './codec.ts';

export type Wasm = Pick<typeof ZstdWasm, 'compress' | 'decompress'>;

/** It takes a while to set up, and breaks those that use it when it is set up again: once for each thread. */
let loaded: Promise<Wasm> | undefined;

export async function loadWasm(): Promise<Wasm> {
  return await (loaded ??= setUp());
}

export function isWasmLoaded(): boolean {
  return loaded !== undefined;
}

async function setUp(): Promise<Wasm> {
  const wasm = await import('@bokuweb/zstd-wasm');
  await wasm.init();
  return wasm;
}

export async function wasmCompressor({ compress }: Wasm): Promise<Compressor> {
  return await withChecksums((content) => compress(content, LEVEL));
}

/** What it says, as text, when there is more than was said: `ZSTD_error_dstSize_tooSmall`. Source: `zstd_errors.h`. */
const TOO_SMALL = /-70$/;

export function wasmDecompressor({ decompress }: Wasm): Decompressor {
  return checked((frame, sizeBytes) => {
    try {
      // That size counts where the frame says none.
      const content = decompress(frame, { defaultHeapSize: Math.max(sizeBytes, 1) });
      return Buffer.from(content.buffer, content.byteOffset, content.length);
    } catch (cause) {
      const isMore = cause instanceof Error && TOO_SMALL.test(cause.message);
      throw new Error(isMore ? `it holds more than ${sizeBytes} bytes` : 'its frame is damaged', { cause });
    }
  });
}
