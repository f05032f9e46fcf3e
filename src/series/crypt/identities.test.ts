import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { rememberGiven } from '../../base/command-line.ts';
import { newIdentity } from '../../format/age/keys.ts';
import { identityFile, needOwnKey, readIdentities } from './identities.ts';

const [a, b] = [newIdentity(), newIdentity()];

function file(text: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-identities-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'i.txt'), text, { mode });
  return join(folder, 'i.txt');
}

afterEach(() => rememberGiven(undefined));

describe('identityFile()', () => {
  it('is the one that was given, or that of the environment, or the usual one', () => {
    expect(identityFile({})).toMatch(/snapshot.identity\.txt$/);
    expect(identityFile({ SNAPSHOT_IDENTITY: '' })).toMatch(/snapshot.identity\.txt$/);
    expect(identityFile({ SNAPSHOT_IDENTITY: '/keys/a' })).toBe('/keys/a');
    rememberGiven(undefined, '/keys/b');
    expect(identityFile({ SNAPSHOT_IDENTITY: '/keys/a' })).toBe('/keys/b');
  });
});

describe('needOwnKey()', () => {
  it('is content with one of several, and where nobody is named', async () => {
    rememberGiven(undefined, file(`${a.text}\n`));
    const [own, other] = [a, b].map(({ identity }) => identity.recipient.text);
    await needOwnKey([]);
    await needOwnKey([other ?? '', own ?? '']);
    await expect(needOwnKey([other ?? ''])).rejects.toMatchObject({
      code: 'E_KEY',
      message: expect.stringContaining('is one of those in the column `encrypt`'),
    });
  });
});

describe('readIdentities()', () => {
  it('reads all that are in a file', async () => {
    const found = await readIdentities(file(`# mine\r\n${a.text}\r\n\n${b.text}\n`));
    const texts = found.map(({ recipient }) => recipient.text);
    expect(texts).toEqual([a, b].map(({ identity }) => identity.recipient.text));
  });

  it.each([
    ['# nothing\n', 'There is no identity in'],
    [`${a.text}\n${b.text.slice(0, -1)}\n`, 'Line 2 of'],
  ])('refuses %j', async (text, message) => {
    const reading = readIdentities(file(text));
    await expect(reading).rejects.toMatchObject({ code: 'E_KEY', message: expect.stringContaining(message) });
    await expect(reading).rejects.not.toThrow(b.text.slice(0, -1));
  });

  it('says that there is none, and what to do', async () => {
    await expect(readIdentities('/none/i.txt')).rejects.toMatchObject({
      code: 'E_KEY',
      hint: expect.stringContaining('--identity FILE'),
    });
  });

  it.skipIf(process.platform === 'win32')('refuses a file that others can read', async () => {
    await expect(readIdentities(file(`${a.text}\n`, 0o644))).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});
