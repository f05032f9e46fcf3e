/** Something that reads what others may have written. */
export interface Reader {
  readonly name: string;
  /** What it reads without complaint. */
  readonly valid: readonly Buffer[];
  /** @param other - Another valid one, not changed. */
  readonly read: (bytes: Buffer, other: Buffer) => unknown;
  /** It makes the best of all there is. */
  readonly isTolerant?: boolean;
}
