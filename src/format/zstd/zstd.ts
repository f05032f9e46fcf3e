// One way to zstd, whichever of its three implementations this machine has.
import type { Compressor, Decompressor } from './codec.ts';
import { nodeCompressor, nodeDecompressor } from './node-zlib.ts';
import { hasPackage, packageCompressor, packageDecompressor } from './node-zstd.ts';
import { isWasmLoaded, loadWasm, wasmCompressor, wasmDecompressor } from './wasm-zstd.ts';

/** Where zstd comes from, for people. */
export type ZstdOrigin = 'Node.js' | '@toondepauw/node-zstd' | '@bokuweb/zstd-wasm';

/** What compresses: Node's own, else native code, which is the next fastest, else WebAssembly, which runs everywhere. */
export function zstdOrigin(): ZstdOrigin {
  if (nodeDecompressor() !== undefined) return 'Node.js';
  return hasPackage() ? '@toondepauw/node-zstd' : '@bokuweb/zstd-wasm';
}

export async function loadCompressor(): Promise<Compressor> {
  return (
    nodeCompressor() ?? (hasPackage() ? await packageCompressor() : await wasmCompressor(await loadWasm()))
  );
}

/** Compressed, what takes less time to decompress by the package than to set up WebAssembly, which is twice to four times as fast. */
const FEW_BYTES = 256 * 1024;

/** @param compressedBytes - How much there is to decompress, where that is known. */
export async function loadDecompressor(compressedBytes: number = Infinity): Promise<Decompressor> {
  const own = nodeDecompressor();
  if (own !== undefined) return own;
  const isPackage = compressedBytes <= FEW_BYTES && !isWasmLoaded() && hasPackage();
  return isPackage ? packageDecompressor() : wasmDecompressor(await loadWasm());
}
