import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasExfat, mountedExfat } from '../../../test/support/exfat.ts';
import { fromText } from '../../tree/path.ts';
import { letGo, place } from './place.ts';

describe.each([
  ['a file system with links', true, () => () => {}],
  ['exFAT, which has none', hasExfat, mountedExfat],
])('place() on %s', (_, isHere, mount) => {
  it.skipIf(!isHere)('gives a part its name, and never one that something has', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-place-'));
    const root = join(folder, 'mounted');
    mkdirSync(root);
    const unmount = mount(join(folder, 'image'), root);
    onTestFinished(() => {
      unmount();
      rmSync(folder, { recursive: true });
    });
    const part = join(root, 'part');
    const given: boolean[] = [];
    for (const content of ['one', 'two']) {
      writeFileSync(part, content);
      given.push(await place(root, fromText('new/a'), part));
      await letGo(part);
    }
    expect(given).toEqual([true, false]);
    expect(readFileSync(join(root, 'new', 'a'), 'utf8')).toBe('one');
    expect(readdirSync(root)).toEqual(['new']);
  });
});
