import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { LentFolders } from './lent-folders.ts';

it.skipIf(process.platform === 'win32')(
  'folders that their owner cannot write to get their modes back, and nothing else does',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-lent-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const [target, outside] = [join(root, 'target'), join(root, 'outside')];
    for (const folder of [target, outside]) mkdirSync(folder);
    const modes = {
      closed: 0o555,
      'of a group': 0o2570,
      unlisted: 0o300,
      open: 0o755,
      replaced: 0o500,
      gone: 0o500,
    };
    for (const [name, mode] of Object.entries(modes)) {
      mkdirSync(join(target, name));
      chmodSync(join(target, name), mode);
    }
    writeFileSync(join(target, 'file'), '', { mode: 0o400 });
    const names = [...Object.keys(modes), 'file', 'nothing'];
    const lent = await LentFolders.note(target, names.map(fromText));

    for (const name of [...Object.keys(modes), 'file']) chmodSync(join(target, name), 0o777);
    for (const name of ['replaced', 'gone']) rmdirSync(join(target, name));
    chmodSync(outside, 0o777);
    symlinkSync(outside, join(target, 'replaced'));
    await lent.giveBack();

    const modeOf = (name: string): number => statSync(join(target, name)).mode & 0o7777;
    expect(['closed', 'of a group', 'unlisted', 'open', 'file'].map(modeOf)).toEqual([
      0o555, 0o2570, 0o300, 0o777, 0o777,
    ]);
    expect(statSync(outside).mode & 0o777).toBe(0o777);
  },
);
