// The typed arrays that a table of entries is made of.

/** One typed array per property: what a million entries cost is their paths and about 100 bytes each. */
export interface Columns {
  readonly type: Uint8Array<ArrayBuffer>;
  readonly mode: Uint16Array<ArrayBuffer>;
  readonly size: Float64Array<ArrayBuffer>;
  readonly uid: Uint32Array<ArrayBuffer>;
  readonly gid: Uint32Array<ArrayBuffer>;
  readonly mtimeNs: BigInt64Array<ArrayBuffer>;
  readonly ctimeNs: BigInt64Array<ArrayBuffer>;
  readonly inode: BigUint64Array<ArrayBuffer>;
  /** Which of the table's path strings holds the path, and where in it the path ends. */
  readonly block: Uint32Array<ArrayBuffer>;
  readonly end: Uint32Array<ArrayBuffer>;
  /** Which of the table's sets of extended attributes; 0 where none was looked for. */
  readonly attributes: Uint32Array<ArrayBuffer>;
}

export function allocate(capacity: number): Columns {
  return {
    type: new Uint8Array(capacity),
    mode: new Uint16Array(capacity),
    size: new Float64Array(capacity),
    uid: new Uint32Array(capacity),
    gid: new Uint32Array(capacity),
    mtimeNs: new BigInt64Array(capacity),
    ctimeNs: new BigInt64Array(capacity),
    inode: new BigUint64Array(capacity),
    block: new Uint32Array(capacity),
    end: new Uint32Array(capacity),
    attributes: new Uint32Array(capacity),
  };
}

export function trimmed(columns: Columns, length: number): Columns {
  return {
    type: columns.type.subarray(0, length),
    mode: columns.mode.subarray(0, length),
    size: columns.size.subarray(0, length),
    uid: columns.uid.subarray(0, length),
    gid: columns.gid.subarray(0, length),
    mtimeNs: columns.mtimeNs.subarray(0, length),
    ctimeNs: columns.ctimeNs.subarray(0, length),
    inode: columns.inode.subarray(0, length),
    block: columns.block.subarray(0, length),
    end: columns.end.subarray(0, length),
    attributes: columns.attributes.subarray(0, length),
  };
}

export function copyColumns(from: Columns, to: Columns, at: number): void {
  to.type.set(from.type, at);
  to.mode.set(from.mode, at);
  to.size.set(from.size, at);
  to.uid.set(from.uid, at);
  to.gid.set(from.gid, at);
  to.mtimeNs.set(from.mtimeNs, at);
  to.ctimeNs.set(from.ctimeNs, at);
  to.inode.set(from.inode, at);
  to.block.set(from.block, at);
  to.end.set(from.end, at);
  to.attributes.set(from.attributes, at);
}

export function grown(from: Uint8Array<ArrayBuffer>, to: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  to.set(from);
  return to;
}
