import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { keepThreads } from '../../../test/support/lasting-threads.ts';
import { pushTo } from './push.ts';

keepThreads();

it('does not push what was pushed, where the destination lies in the source', async () => {
  const source = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-push-')));
  onTestFinished(() => rmSync(source, { recursive: true }));
  const dest = join(source, 'backup');
  mkdirSync(dest);
  writeFileSync(join(source, 'a.txt'), 'a');
  // Beside what is pushed, it is a folder like any other.
  writeFileSync(join(dest, 'b.txt'), 'b');
  const { signal } = new AbortController();
  const found = (): readonly string[] =>
    readdirSync(dest, { recursive: true, encoding: 'utf8' }).filter((name) => /[ab]\.txt$/.test(name));
  for (const [files, same] of [
    [2, 0],
    [0, 2],
  ]) {
    expect(await pushTo(source, dest, signal)).toMatchObject({ files, same, problems: [] });
    expect(found().filter((name) => name.endsWith('a.txt'))).toHaveLength(1);
    expect(found()).toHaveLength(3);
  }
});
