import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentOwner } from '../host/machine.ts';
import { readClaim, takeClaim } from './claim.ts';

let folder: string;
const file = (): string => join(folder, 'server.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-claim-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a claim', () => {
  it('is of one process until it is given back, and says how that is reached', async () => {
    const claim = await takeClaim(file());
    await expect(takeClaim(file())).rejects.toMatchObject({ code: 'E_LOCKED', message: /by process \d+ on/ });
    await claim.write({ url: 'http://x', secret: 'secret' });
    expect(await readClaim(file())).toMatchObject({ url: 'http://x', secret: 'secret' });
    if (process.platform !== 'win32') expect(statSync(file()).mode & 0o077).toBe(0);
    await claim.release();
    expect([await readClaim(file()), readdirSync(folder)]).toEqual([undefined, []]);
  });

  it('of a process that has ended, or that nobody can read, is taken over', async () => {
    const ended = { ...currentOwner(), pid: 2 ** 22 + 1, started: '1' };
    for (const text of [JSON.stringify({ owner: ended }), '{"own', '', 'null', '{}']) {
      writeFileSync(file(), text);
      await (await takeClaim(file())).release();
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('goes to one of many that come at once', async () => {
    const all = await Promise.allSettled(Array.from({ length: 8 }, async () => await takeClaim(file())));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('that cannot be made is an error with its path', async () => {
    await expect(takeClaim(join(folder, 'none', 'x'))).rejects.toMatchObject({
      code: 'E_STORE',
      message: /none/,
    });
  });
});
