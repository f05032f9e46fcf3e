import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { logTail } from './log-tail.ts';

function logFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'snapshot.log');
}

const line = (msg: string, more: object = {}): string =>
  `${JSON.stringify({ level: 'info', time: '2026-01-01T00:00:00.000Z', ...more, msg })}\n`;

describe('logTail()', () => {
  it('gives the newest lines, newest first, without those that are none', async () => {
    const file = logFile();
    writeFileSync(file, `${line('a')}not JSON\n${line('b', { row: 'data' })}${line('c')}{"level":"in`);
    const found = await logTail(file, 2);
    expect(found.map(({ message, row }) => [message, row])).toEqual([
      ['c', undefined],
      ['b', 'data'],
    ]);
  });

  it('reads the end of a long log only', async () => {
    const file = logFile();
    writeFileSync(file, line('first'));
    appendFileSync(file, line('x'.repeat(200 * 1024)));
    appendFileSync(file, line('last'));
    expect((await logTail(file, 100)).map(({ message }) => message)).toEqual(['last']);
  });

  it('gives none where there is no log yet', async () => {
    expect(await logTail(logFile(), 10)).toEqual([]);
  });
});
