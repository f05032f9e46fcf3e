// Pictures that a browser can show, no two alike.
import { crc32, deflateSync } from 'node:zlib';

/** A PNG of coloured noise. @param side - In pixels: about three bytes each. */
export function photo(seed: number, side = 200): Buffer {
  const rows: Buffer[] = [];
  let state = seed + 1;
  for (let y = 0; y < side; y++) {
    const row = Buffer.alloc(1 + side * 3);
    for (let x = 1; x < row.length; x++) {
      // A generator that repeats itself late enough: what is compressed away is no photo. Source: Numerical Recipes.
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      row[x] = (state >>> 24) ^ ((seed * 40) & 0xff);
    }
    rows.push(row);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  // Eight bits, red, green and blue.
  head.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.concat(rows), { level: 1 });
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
