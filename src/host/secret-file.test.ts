import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HAS_MODES } from '../base/able.lab.ts';
import { readSecret } from './secret-file.ts';

function openFile(mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-secret-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'smtp');
  writeFileSync(file, 'smtps://a:b@host\n');
  chmodSync(file, mode);
  return file;
}

describe('readSecret()', () => {
  it('reads it, without the end of the line', async () => {
    expect(await readSecret(openFile(0o600), 'mail server')).toBe('smtps://a:b@host');
  });

  it.skipIf(!HAS_MODES).each([0o640, 0o604, 0o620])(
    'refuses a file with mode %o, and names the command that helps',
    async (mode) => {
      const file = openFile(mode);
      await expect(readSecret(file, 'mail server')).rejects.toMatchObject({
        code: 'E_USAGE',
        message: `Cannot use the mail server in "${file}": others may read it`,
        hint: `Run \`chmod 600 "${file}"\`.`,
      });
    },
  );

  it('looks at no mode on Windows, which has none', async () => {
    expect(await readSecret(openFile(0o644), 'mail server', 'win32')).toBe('smtps://a:b@host');
  });

  it('says that there is none', async () => {
    await expect(readSecret(join(tmpdir(), 'no', 'secret'), 'mail server')).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(/^Cannot read the mail server in ".*": no such file or folder$/),
    });
  });
});
