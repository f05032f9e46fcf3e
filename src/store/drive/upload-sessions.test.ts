import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UploadSessions } from './upload-sessions.ts';

const DAY_MS = 86_400_000;

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-sessions-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'state', 'default.uploads');
}

describe('sessions of uploads', () => {
  it('are known to the next process, for six days, and to this user alone', async () => {
    const path = file();
    const session = { uri: 'http://x', id: '1', beganMs: Date.now() };
    await new UploadSessions(path).add('a', session);
    const next = new UploadSessions(path);
    expect(await next.find('a')).toEqual(session);
    expect(await next.find('a', Date.now() + 6 * DAY_MS)).toBeUndefined();
    expect(await next.find('b')).toBeUndefined();
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    await next.remove('a');
    expect(await new UploadSessions(path).find('a')).toBeUndefined();
  });

  it('do not stay in the file when they have ended by themselves', async () => {
    const path = file();
    const beganMs = Date.now();
    const sessions = new UploadSessions(path);
    await sessions.add('old', { uri: 'http://x', id: '1', beganMs: beganMs - 7 * DAY_MS });
    await sessions.add('new', { uri: 'http://y', id: '2', beganMs });
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)).toEqual(['new']);
  });

  it.each(['', 'no JSON', '{"a":{"uri":1}}', 'null'])('are none in a file that holds %j', async (text) => {
    const path = file();
    await new UploadSessions(path).add('x', { uri: 'u', id: '1', beganMs: 1 });
    writeFileSync(path, text);
    expect(await new UploadSessions(path).find('a')).toBeUndefined();
  });
});
