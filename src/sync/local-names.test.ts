import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { files } from '../base/file-calls.ts';
import { claimAt } from './local-names.ts';

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-names-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
}

describe.each([
  ['a file can have two names', undefined],
  ['it can have only one', 'EPERM'],
  ['it can have only one, on Windows', 'EISDIR'],
  ['nobody says why it cannot', 'UNKNOWN'],
] as const)('where %s', (_, code) => {
  const root = (): string => {
    if (code !== undefined) {
      vi.spyOn(files, 'link').mockRejectedValue(Object.assign(new Error(code), { code }));
      onTestFinished(() => void vi.restoreAllMocks());
    }
    return folder();
  };

  it('a free one is claimed, with all that is in the file', async () => {
    const at = root();
    writeFileSync(join(at, 'part'), 'whole');
    expect(await claimAt(join(at, 'part'), join(at, 'lock'))).toBe(true);
    expect(readdirSync(at)).toEqual(['lock']);
    expect(readFileSync(join(at, 'lock'), 'utf8')).toBe('whole');
  });

  it('a taken one is not, and both files stay', async () => {
    const at = root();
    for (const name of ['part', 'lock']) writeFileSync(join(at, name), name);
    expect(await claimAt(join(at, 'part'), join(at, 'lock'))).toBe(false);
    for (const name of ['part', 'lock']) expect(readFileSync(join(at, name), 'utf8')).toBe(name);
  });

  it('what is not there claims nothing', async () => {
    const at = root();
    await expect(claimAt(join(at, 'part'), join(at, 'lock'))).rejects.toThrow('ENOENT');
    // Least of all with nothing in it.
    expect(readdirSync(at)).toEqual([]);
  });
});
