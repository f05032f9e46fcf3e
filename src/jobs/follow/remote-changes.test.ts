import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { ChangesReader, type RemoteChanges } from './remote-changes.ts';

const UNKNOWN = new SnapshotError('E_STORE', 'this is none of it');
const HASH = 'ab'.repeat(32);

async function read(lines: readonly (object | string)[], after = 1, end = '\n'): Promise<RemoteChanges> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + end;
  const bytes = Buffer.from(text);
  // In pieces that end within letters.
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) =>
    bytes.subarray(i * 7, i * 7 + 7),
  );
  return await new ChangesReader(after, () => UNKNOWN).read(
    (async function* () {
      for (const piece of pieces) yield await Promise.resolve(piece);
    })(),
  );
}

function put(path: string, n: number): object {
  return { n, do: 'put', path, size: 3, modified: 1.5, blake3: HASH };
}

describe('what a server says of changes', () => {
  it('counts in its order: what is put again is not gone, and what goes again is not there', async () => {
    const changes = await read([
      put('back', 1),
      put('gone', 2),
      { n: 3, do: 'remove', path: 'back' },
      { n: 4, do: 'remove', path: 'gone' },
      put('back', 5),
      put('ä/ß', 6),
      { n: 6 },
    ]);
    expect([...changes.puts].map(([path, { n }]) => [Buffer.from(path, 'latin1').toString(), n])).toEqual([
      ['back', 5],
      ['ä/ß', 6],
    ]);
    expect([...changes.removed]).toEqual([['gone', 4]]);
    expect(changes).toMatchObject({ n: 6, isFull: false, refused: [] });
  });

  it('is all of it from the beginning on, or when the server says so', async () => {
    expect(await read([{ n: 0 }], 0)).toMatchObject({ isFull: true });
    expect(await read([{ reset: true }, put('a', 9), { n: 9 }], 5)).toMatchObject({ isFull: true, n: 9 });
  });

  it('names what cannot be a file here, and removes nothing elsewhere', async () => {
    const changes = await read([
      put('../a', 1),
      { n: 2, do: 'put', path64: '/w==' },
      { n: 3, do: 'remove', path: '../b' },
      { n: 3 },
    ]);
    expect(changes.refused.map(({ path, n }) => [path, n])).toEqual([
      ['../a', 1],
      ['/w==', 2],
    ]);
    expect([changes.puts.size, changes.removed.size]).toEqual([0, 0]);
  });

  it.each<[string, readonly (object | string)[], string?]>([
    ['that ends early', [put('a', 1)]],
    ['with a last line that was cut', [put('a', 1), { n: 1 }, '{"n":'], ''],
    ['that goes on behind its end', [{ n: 1 }, put('a', 2)]],
    ['with two ends', [{ n: 1 }, { n: 1 }]],
    ['without a number', [{ do: 'remove', path: 'a' }, { n: 1 }]],
    ['of another kind', [{ n: 1, do: 'rename', path: 'a' }, { n: 1 }]],
    ['with a hash that is none', [{ ...put('a', 1), blake3: 'x' }, { n: 1 }]],
    ['with a size below nothing', [{ ...put('a', 1), size: -1 }, { n: 1 }]],
    ['with a time that no clock shows', [{ ...put('a', 1), modified: 1e16 }, { n: 1 }]],
    ['in a page of HTML', ['<html>', '</html>']],
  ])('is not believed %s', async (_, lines, end) => {
    await expect(read(lines, 1, end)).rejects.toBe(UNKNOWN);
  });

  it('is read no further in a line without an end', async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; pieces < 100; pieces++) yield await Promise.resolve(Buffer.alloc(65_536, 'x'));
    }
    await expect(new ChangesReader(1, () => UNKNOWN).read(endless())).rejects.toBe(UNKNOWN);
    expect(pieces).toBeLessThan(3);
  });
});
