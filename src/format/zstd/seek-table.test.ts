import { describe, expect, it } from 'vitest';
import { seekTable } from './seek-table.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('seekTable()', () => {
  it('is the bytes of the specification', () => {
    const table = seekTable([
      { compressedBytes: 0x01020304, contentBytes: 0x05060708 },
      { compressedBytes: 9, contentBytes: 0 },
    ]);
    expect(hex(table)).toBe(
      [
        '5e2a4d18', // Skippable_Magic_Number 0x184D2A5E
        '19000000', // Frame_Size: 2 entries of 8, and 9 bytes of footer
        '04030201', // Compressed_Size
        '08070605', // Decompressed_Size
        '09000000',
        '00000000',
        '02000000', // Number_Of_Frames
        '00', // Seek_Table_Descriptor: no checksums
        'b1ea928f', // Seekable_Magic_Number 0x8F92EAB1
      ].join(''),
    );
  });

  it('of no frames is a header and a footer', () => {
    expect(hex(seekTable([]))).toBe('5e2a4d18090000000000000000b1ea928f');
  });

  it('holds the largest sizes of its fields', () => {
    const table = Buffer.from(seekTable([{ compressedBytes: 0xffffffff, contentBytes: 0xffffffff }]));
    expect(table.readUInt32LE(8)).toBe(0xffffffff);
    expect(table.readUInt32LE(12)).toBe(0xffffffff);
  });
});
