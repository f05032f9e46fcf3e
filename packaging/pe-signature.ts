/**
 * The bytes of a Windows program without its signature, which would no longer be true of a changed one, and which Windows
 * takes for damage then. Fields as in "PE Format" of Microsoft: e_lfanew, Optional Header, Certificate Table.
 *
 * @throws when the bytes are no 64-bit program, or something comes behind the signature.
 */
export function withoutSignature(program: Buffer): Buffer {
  const header = program.length < 0x40 ? 0 : program.readUInt32LE(0x3c);
  const optional = header + 24;
  if (
    program.toString('latin1', header, header + 4) !== 'PE\0\0' ||
    program.readUInt16LE(optional) !== 0x20b
  ) {
    throw new Error('This is no program for 64-bit Windows');
  }
  const entry = optional + 112 + 4 * 8;
  const [start, size] = [program.readUInt32LE(entry), program.readUInt32LE(entry + 4)];
  if (start === 0) return program;
  if (start + size !== program.length) throw new Error('Something comes behind the signature of the program');
  const bare = Buffer.from(program.subarray(0, start));
  bare.writeBigUInt64LE(0n, entry);
  return bare;
}
