import { readByteAmount } from './byte-amount.ts';
import type { ServeValues } from './serve-options.ts';

/** Bytes of the largest file that is taken, and of the disk that stay free. @throws {@link SnapshotError} `E_USAGE` */
export function readServeLimits({ maxSize, minFree }: Pick<ServeValues, 'maxSize' | 'minFree'>): {
  readonly mostFileBytes: number;
  readonly minFreeBytes: number;
} {
  return {
    mostFileBytes: readByteAmount('max-size', maxSize),
    minFreeBytes: readByteAmount('min-free', minFree),
  };
}
