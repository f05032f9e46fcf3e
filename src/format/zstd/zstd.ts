// One way to zstd, whichever of its three implementations this machine has.
import type { Compressor, Decompressor } from './codec.ts';
import { nodeCompressor, nodeDecompressor } from './node-zlib.ts';
import { hasPackage, packageCompressor, packageDecompressor } from './node-zstd.ts';
import { loadWasm, type Wasm, wasmCompressor, wasmDecompressor } from './wasm-zstd.ts';

/** Where zstd comes from, for people. */
export type ZstdOrigin = 'Node.js' | '@toondepauw/node-zstd' | '@bokuweb/zstd-wasm';

/** The fastest that there is: Node's own, else native code, else WebAssembly, which runs everywhere. */
export const ZSTD_ORIGIN: ZstdOrigin =
  nodeDecompressor() !== undefined
    ? 'Node.js'
    : hasPackage()
      ? '@toondepauw/node-zstd'
      : '@bokuweb/zstd-wasm';

/** It takes a while to set up, so only where nothing else is there; once for each thread. */
const WASM: Wasm | undefined = ZSTD_ORIGIN === '@bokuweb/zstd-wasm' ? await loadWasm() : undefined;

export async function loadCompressor(): Promise<Compressor> {
  return nodeCompressor() ?? (WASM === undefined ? await packageCompressor() : await wasmCompressor(WASM));
}

export function loadDecompressor(): Decompressor {
  return nodeDecompressor() ?? (WASM === undefined ? packageDecompressor() : wasmDecompressor(WASM));
}
