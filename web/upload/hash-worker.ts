// A thread that hashes files, piece by piece, so that the page stays usable and no file is in memory as a whole.
import { createBLAKE3 } from 'hash-wasm';

const PIECE_BYTES = 4 * 2 ** 20;

export interface HashJob {
  readonly id: number;
  readonly file: File;
}
export type HashAnswer =
  | { readonly id: number; readonly blake3: string }
  | { readonly id: number; readonly error: string };

const hasher = createBLAKE3();

addEventListener('message', ({ data }: MessageEvent<HashJob>) => {
  void answer(data).then((one) => postMessage(one));
});

async function answer({ id, file }: HashJob): Promise<HashAnswer> {
  try {
    const blake3 = await hasher;
    blake3.init();
    for (let at = 0; at < file.size; at += PIECE_BYTES)
      blake3.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
    return { id, blake3: blake3.digest() };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
