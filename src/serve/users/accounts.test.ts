import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Accounts } from './accounts.ts';
import { idOf } from './secrets.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
const MINUTE = 60_000;

let folder: string;
let accounts: Accounts;
const file = (): string => join(folder, 'users.jsonl');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-users-'));
  accounts = new Accounts(file());
  await accounts.add('anna', undefined, NOW);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a token', () => {
  it('is found by who reads the file already, until it is taken back', async () => {
    const reader = new Accounts(file());
    await reader.refresh();
    const token = await accounts.addToken('anna', 'read', NOW);
    expect(reader.find(token)).toBeUndefined();
    await reader.refresh();
    expect(reader.find(token)).toMatchObject({ account: 'anna', scope: 'read', since: NOW.toISOString() });
    await accounts.revoke(idOf(token) ?? '');
    await reader.refresh();
    expect(reader.find(token)).toBeUndefined();
  });

  it('is itself only', async () => {
    const [one, two] = [
      await accounts.addToken('anna', 'all', NOW),
      await accounts.addToken('anna', 'all', NOW),
    ];
    expect(accounts.find(`${one.slice(0, 18)}${two.slice(18)}`)).toBeUndefined();
    for (const wrong of [
      '',
      'snap_',
      one.slice(0, -1),
      `${one}x`,
      one.toUpperCase(),
      `snap_${idOf(one) ?? ''}_`,
    ])
      expect(accounts.find(wrong)).toBeUndefined();
    expect(readFileSync(file(), 'utf8')).not.toContain(one.slice(18));
  });

  it('goes with its account, and does not come back with it', async () => {
    const token = await accounts.addToken('anna', 'all', NOW);
    await accounts.remove('anna');
    expect(accounts.find(token)).toBeUndefined();
    await accounts.add('anna', 5, NOW);
    expect([accounts.find(token), accounts.account('anna')?.quotaBytes]).toEqual([undefined, 5]);
  });
});

describe('a code', () => {
  it('becomes a token once, within ten minutes', async () => {
    const code = await accounts.addPairing('anna', 'upload', NOW);
    expect(code).toMatch(/^[A-Z2-9]{4}(-[A-Z2-9]{4}){3}$/);
    const late = await accounts.addPairing('anna', 'upload', NOW);
    const in9 = new Date(NOW.getTime() + 9 * MINUTE);
    const in11 = new Date(NOW.getTime() + 11 * MINUTE);
    const paired = await accounts.pair(code.toLowerCase(), in9);
    expect(accounts.find(paired?.token ?? '')).toMatchObject({ account: 'anna', scope: 'upload' });
    expect(await accounts.pair(code, in9)).toBeUndefined();
    const again = new Accounts(file());
    await again.refresh();
    expect(await again.pair(code, in9)).toBeUndefined();
    expect(await again.pair(late, in11)).toBeUndefined();
    expect(await accounts.pair('AAAA-AAAA-AAAA-AAAA', NOW)).toBeUndefined();
  });

  it('is worth nothing when its account is gone', async () => {
    const code = await accounts.addPairing('anna', 'upload', NOW);
    await accounts.remove('anna');
    expect(await accounts.pair(code, NOW)).toBeUndefined();
  });
});

describe('the file', () => {
  it('is read on after half a line, nonsense, and lines of a later version', async () => {
    appendFileSync(
      file(),
      'nonsense\n{"do":"dance"}\n{"do":"token","id":"x","scope":"god"}\n{"do":"user","na',
    );
    const reader = new Accounts(file());
    await reader.refresh();
    expect(reader.accounts).toMatchObject([{ name: 'anna' }]);
    const token = await accounts.addToken('anna', 'all', NOW);
    await reader.refresh();
    expect(reader.find(token)).toBeDefined();
    expect(reader.find('snap_x')).toBeUndefined();
  });

  it('is read on in the middle of a line, once the rest of that is there', async () => {
    const reader = new Accounts(file());
    const line = JSON.stringify({ do: 'user', name: 'bert', at: NOW.toISOString() });
    appendFileSync(file(), line.slice(0, 20));
    await reader.refresh();
    appendFileSync(file(), `${line.slice(20)}\n`);
    await reader.refresh();
    expect(reader.accounts.map(({ name }) => name)).toEqual(['anna', 'bert']);
  });

  it('is read once, however many ask for it at the same time, and forgotten by none', async () => {
    const reader = new Accounts(file());
    await Promise.all(Array.from({ length: 5 }, async () => await reader.refresh()));
    const state = { isDone: false };
    const again = reader.refresh().finally(() => (state.isDone = true));
    const seen = new Set<string | undefined>();
    while (!state.isDone) {
      seen.add(reader.account('anna')?.name);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await again;
    expect([...seen]).toEqual(['anna']);
  });

  it('that is another one, shorter or gone, is read anew', async () => {
    const token = await accounts.addToken('anna', 'all', NOW);
    writeFileSync(file(), '\n');
    await accounts.refresh();
    expect(accounts.find(token)).toBeUndefined();
    rmSync(file());
    await accounts.refresh();
    expect(accounts.accounts).toEqual([]);
  });

  it('that cannot be read or written is named', async () => {
    rmSync(file());
    mkdirSync(file());
    const wrong = { code: 'E_STORE', message: /users\.jsonl/ };
    await expect(new Accounts(file()).refresh()).rejects.toMatchObject(wrong);
    await expect(new Accounts(join(folder, 'none', 'x')).add('a', undefined, NOW)).rejects.toMatchObject({
      code: 'E_STORE',
      message: /Cannot write/,
    });
  });
});
