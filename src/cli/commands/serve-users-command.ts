// Accounts of a served folder, and what lets them in.
import { formatBytes } from '../../base/amounts.ts';
import { parseBytes } from '../../base/byte-size.ts';
import { SnapshotError } from '../../base/errors.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { readClaim } from '../../serve/claim.ts';
import { ServedFolder } from '../../serve/folder.ts';
import { Accounts, type Token } from '../../serve/users/accounts.ts';
import type { Scope } from '../../serve/users/secrets.ts';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';
import { formatTable } from '../views/table.ts';

export interface UserOptions extends CommonOptions {
  readonly action: 'add' | 'list' | 'remove';
  readonly folder: string;
  readonly name: string | undefined;
  readonly quota: string | undefined;
  readonly scope: Scope;
}

/** `serve user`: adds an account and shows its first token, lists accounts, removes one. */
export async function userCommand(options: UserOptions, terminal: Terminal): Promise<number> {
  const { action, json, quiet } = options;
  const folder = new ServedFolder(options.folder);
  const accounts = new Accounts(folder.users);
  if (action === 'add') {
    const name = wanted(options.name, 'user add FOLDER NAME');
    const quota = options.quota === undefined ? undefined : quotaOf(options.quota);
    await folder.make();
    await accounts.add(name, quota, new Date());
    await folder.makeAccount(name);
    showToken(await accounts.addToken(name, options.scope, new Date()), name, options, terminal);
    return ended(json, terminal);
  }
  await folder.check();
  await accounts.refresh();
  if (action === 'remove') {
    const name = wanted(options.name, 'user remove FOLDER NAME');
    await accounts.remove(name);
    if (!json && !quiet)
      terminal.out(`${name} and its tokens are gone. Its files stay in ${folder.placeOf(name).files}`);
    return ended(json, terminal);
  }
  if (json)
    for (const account of accounts.accounts) terminal.out(JSON.stringify({ event: 'account', ...account }));
  else {
    const rows = accounts.accounts.map(({ name, quotaBytes, since }) => [
      name,
      quotaBytes === undefined ? 'no limit' : formatBytes(quotaBytes),
      String(accounts.tokensOf(name).length),
      formatLocal(new Date(since)),
    ]);
    terminal.out(
      formatTable(
        [{ title: 'account' }, { title: 'quota' }, { title: 'tokens' }, { title: 'since' }],
        rows,
        terminal,
      ),
    );
  }
  return ended(json, terminal);
}

export interface TokenOptions extends CommonOptions {
  readonly action: 'add' | 'list' | 'revoke';
  readonly folder: string;
  readonly name: string | undefined;
  readonly scope: Scope;
}

/** `serve token`: adds one and shows it, lists them, takes one back. */
export async function tokenCommand(options: TokenOptions, terminal: Terminal): Promise<number> {
  const { action, json, quiet, name } = options;
  const accounts = await accountsIn(options.folder);
  if (action === 'add') {
    const account = wanted(name, 'token add FOLDER NAME');
    showToken(await accounts.addToken(account, options.scope, new Date()), account, options, terminal);
  } else if (action === 'revoke') {
    await accounts.revoke(wanted(name, 'token revoke FOLDER ID'));
    if (!json && !quiet) terminal.out('It lets nobody in any more.');
  } else {
    const names = name === undefined ? accounts.accounts.map((account) => account.name) : [name];
    showTokens(
      names.flatMap((account) => accounts.tokensOf(account)),
      json,
      terminal,
    );
  }
  return ended(json, terminal);
}

export interface PairOptions extends CommonOptions {
  readonly folder: string;
  readonly name: string;
  readonly scope: Scope;
  readonly baseUrl: string | undefined;
}

/** `serve pair`: shows a code, to scan or to type. */
export async function pairCommand(options: PairOptions, terminal: Terminal): Promise<number> {
  const accounts = await accountsIn(options.folder);
  const running = await readClaim(new ServedFolder(options.folder).server);
  const base = options.baseUrl ?? running?.url;
  if (base === undefined) {
    throw new SnapshotError('E_USAGE', 'How will the phone reach the server? It does not run now', {
      hint: 'Start it, or name its address with --base-url.',
    });
  }
  const code = await accounts.addPairing(options.name, options.scope, new Date());
  // In the fragment, which browsers keep to themselves.
  const url = `${base.replace(/\/$/, '')}/#pair=${code}`;
  if (options.json) terminal.out(JSON.stringify({ event: 'pair', account: options.name, code, url }));
  else {
    const { renderUnicodeCompact } = await import('uqr');
    terminal.out(renderUnicodeCompact(url, { border: 2 }));
    terminal.out(`\n  ${url}\n`);
    terminal.out(`Or: curl --json '{"code":"${code}"}' ${base.replace(/\/$/, '')}/v1/pair\n`);
    terminal.out(`The code ${terminal.style('bold', code)} works once, for ten minutes.`);
  }
  return ended(options.json, terminal);
}

async function accountsIn(root: string): Promise<Accounts> {
  const folder = new ServedFolder(root);
  await folder.check();
  const accounts = new Accounts(folder.users);
  await accounts.refresh();
  return accounts;
}

function showToken(
  token: string,
  account: string,
  { json, scope }: CommonOptions & { scope: Scope },
  terminal: Terminal,
): void {
  if (json) {
    terminal.out(JSON.stringify({ event: 'token', account, scope, token }));
    return;
  }
  // It is shown once, whatever else is wanted.
  terminal.err(`A token for ${account}; it may ${MAY[scope]}. It is shown once, and kept nowhere:`);
  terminal.out(token);
}

const MAY: Readonly<Record<Scope, string>> = { upload: 'upload', read: 'read', all: 'upload and read' };

function showTokens(tokens: readonly Token[], json: boolean, terminal: Terminal): void {
  if (json)
    for (const { id, account, scope, since } of tokens)
      terminal.out(JSON.stringify({ event: 'token', id, account, scope, since }));
  else {
    const rows = tokens.map(({ id, account, scope, since }) => [
      id,
      account,
      scope,
      formatLocal(new Date(since)),
    ]);
    terminal.out(
      formatTable(
        [{ title: 'id' }, { title: 'account' }, { title: 'scope' }, { title: 'since' }],
        rows,
        terminal,
      ),
    );
  }
}

function wanted(name: string | undefined, usage: string): string {
  if (name !== undefined && name !== '') return name;
  throw new SnapshotError('E_USAGE', 'Which one?', { hint: `Write \`snapshot serve ${usage}\`.` });
}

function quotaOf(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== undefined) return bytes;
  throw new SnapshotError('E_USAGE', `--quota ${text}: it takes a number and a unit, as 50GB`);
}

function ended(json: boolean, terminal: Terminal): number {
  if (json) terminal.out(JSON.stringify({ event: 'end', status: 0 }));
  return 0;
}
