import { lstatSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Entry } from '../tree/entry.ts';
import { fromText } from '../tree/path.ts';
import { copyInto } from './copying.ts';

const MIB = 1024 * 1024;

it.each<[string, number, number]>([
  ['that begins and ends with a hole', 0, 3 * MIB],
  ['that ends with a hole', 5, 2 * MIB + 5],
  ['without a hole', 5, 5],
])('copies a file %s byte for byte', (_, dataBytes, size) => {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-copying-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'file'), Buffer.alloc(dataBytes, 'x'));
  truncateSync(join(root, 'file'), size);
  const { mode, uid, gid, mtimeNs, ctimeNs, ino } = lstatSync(join(root, 'file'), { bigint: true });
  const entry: Entry = {
    path: fromText('file'),
    type: 'file',
    size,
    mode: Number(mode) & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    mtimeNs,
    ctimeNs,
    inode: ino,
    target: undefined,
    hardlink: undefined,
    allocated: dataBytes,
  };
  const content = readFileSync(join(root, 'file'));
  const hash = createHash('sha256').update(content).digest('hex');
  expect(copyInto(join(root, 'part'), root, entry)).toMatchObject({ kind: 'read', hash, entry: { size } });
  expect(readFileSync(join(root, 'part')).equals(content)).toBe(true);
});
