import type { Begin, End, Piece } from './large-file.ts';
import type { CompressResult, PackResult } from './tasks.ts';

interface Batch {
  readonly kind: 'batch';
  readonly numbers: readonly number[];
}

/** What packing does one after the other. */
export type Item = Batch | Begin | Piece | End;

/** The same, once the pool has done its part. */
export type Done =
  | (Batch & { readonly result: PackResult; readonly out: SharedArrayBuffer })
  | (Piece & { readonly result: CompressResult; readonly out: SharedArrayBuffer })
  | Begin
  | End;
