import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SeriesLab } from './series.lab.ts';

function tool(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(stderr);
  return stdout;
}

/** Whether files have extended attributes here, and there are the programs for them. */
function hasAttributes(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-attributes-'));
  try {
    writeFileSync(join(folder, 'a'), '');
    tool('setfattr', ['-n', 'user.tag', '-v', 'x', 'a'], folder);
    return tool('getfattr', ['-d', 'a'], folder).includes('user.tag');
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it.skipIf(!hasAttributes())(
  'RESTORE.txt brings back the attributes of files whose content it copies and moves, too',
  async () => {
    const lab = new SeriesLab();
    onTestFinished(() => lab.remove());
    mkdirSync(join(lab.source, 'sub'));
    for (const name of ['a', 'b']) {
      writeFileSync(join(lab.source, name), 'same');
      tool('setfattr', ['-n', 'user.tag', '-v', `of ${name}`, name], lab.source);
    }
    writeFileSync(join(lab.source, 'c'), 'plain');
    await lab.run();
    for (const name of ['copy', 'sub/copy']) tool('cp', ['-a', 'a', name], lab.source);
    cpSync(join(lab.source, 'c'), join(lab.source, 'plain copy'), { preserveTimestamps: true });
    renameSync(join(lab.source, 'b'), join(lab.source, 'moved'));
    await lab.run();
    const out = join(lab.root, 'out');
    tool('sh', [lab.folder(lab.folders().at(-1) ?? '', 'RESTORE.txt'), out], lab.root);
    const [wanted, found] = [lab.source, out].map((folder) => tool('getfattr', ['-Rd', '.'], folder));
    expect(found).toBe(wanted);
  },
);
