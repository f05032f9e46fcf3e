// Accounts, tokens and pairing codes of a served folder: lines in one append-only file, which commands add to while a server reads it.
import { open, stat } from 'node:fs/promises';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { hashOf, idOf, isSecret, newCode, newToken, plainCode, type Scope, SCOPES } from './secrets.ts';

export interface Account {
  readonly name: string;
  /** Bytes of all its files; undefined: no limit. */
  readonly quotaBytes: number | undefined;
  readonly since: string;
}

export interface Token {
  readonly id: string;
  readonly account: string;
  readonly scope: Scope;
  readonly since: string;
  readonly hash: string;
}

interface Pairing {
  readonly account: string;
  readonly scope: Scope;
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** One line of the file. */
type Line =
  | { readonly do: 'user'; readonly name: string; readonly quota?: number | undefined; readonly at: string }
  | { readonly do: 'remove-user'; readonly name: string }
  | ({ readonly do: 'token'; readonly at: string } & Omit<Token, 'since'>)
  | { readonly do: 'revoke'; readonly id: string }
  | ({ readonly do: 'pair' } & Pairing)
  | { readonly do: 'paired'; readonly hash: string };

const PAIRING_MS = 10 * 60_000;

/** Names of accounts are names of folders, on every system. */
const ACCOUNT = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/** Whether `name` can be that of an account. */
export function isAccountName(name: string): boolean {
  return ACCOUNT.test(name) && !DEVICE.test(name);
}

export class Accounts {
  readonly #file: string;
  readonly #accounts = new Map<string, Account>();
  readonly #tokens = new Map<string, Token>();
  readonly #pairings = new Map<string, Pairing>();
  #read = 0;
  #rest = '';
  /** Those who read the file, one after the other: it goes on where the last one has stopped. */
  #turn: Promise<void> = Promise.resolve();

  /** @param file - Need not exist. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Reads what was added since the last time. @throws {@link SnapshotError} `E_STORE` when the file cannot be read. */
  async refresh(): Promise<void> {
    const turn = this.#turn.then(async () => await this.#readOn());
    this.#turn = turn.catch(() => {});
    await turn;
  }

  async #readOn(): Promise<void> {
    try {
      const { size } = await stat(this.#file);
      if (size === this.#read) return;
      if (size < this.#read) this.#forget();
      const handle = await open(this.#file, 'r');
      try {
        const bytes = Buffer.alloc(size - this.#read);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, this.#read);
        this.#read += bytesRead;
        const lines = (this.#rest + bytes.toString('utf8', 0, bytesRead)).split('\n');
        this.#rest = lines.pop() ?? '';
        for (const line of lines) this.#take(line);
      } finally {
        await handle.close();
      }
    } catch (cause) {
      if (systemCode(cause) !== 'ENOENT') throw this.#cannot('read', cause);
      this.#forget();
    }
  }

  get accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  account(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  tokensOf(account: string): readonly Token[] {
    return [...this.#tokens.values()].filter((token) => token.account === account);
  }

  /** The token that `secret` is; undefined when there is none. */
  find(secret: string): Token | undefined {
    const token = this.#tokens.get(idOf(secret) ?? '');
    return token !== undefined && isSecret(secret, token.hash) ? token : undefined;
  }

  /** @throws {@link SnapshotError} `E_USAGE` when there is one of that name, or it cannot be a name. */
  async add(name: string, quotaBytes: number | undefined, now: Date): Promise<void> {
    if (!isAccountName(name)) {
      const hint = 'It takes small letters, digits, `-` and `_`, 32 at most.';
      throw new SnapshotError('E_USAGE', `"${name}" cannot be the name of an account`, { hint });
    }
    await this.refresh();
    if (this.#accounts.has(name))
      throw new SnapshotError('E_USAGE', `There is an account "${name}" already`, {
        hint: 'Another token for it comes from `snapshot serve token add`.',
      });
    await this.#append({ do: 'user', name, quota: quotaBytes, at: now.toISOString() });
  }

  /** Removes an account and its tokens; its files stay. @throws {@link SnapshotError} `E_USAGE` when there is none. */
  async remove(name: string): Promise<void> {
    await this.#known(name);
    await this.#append({ do: 'remove-user', name });
  }

  /** @returns The token, which is not kept. @throws {@link SnapshotError} `E_USAGE` when there is no such account. */
  async addToken(account: string, scope: Scope, now: Date): Promise<string> {
    await this.#known(account);
    const { id, token, hash } = newToken();
    await this.#append({ do: 'token', id, account, scope, hash, at: now.toISOString() });
    return token;
  }

  /** @throws {@link SnapshotError} `E_USAGE` when there is no such token. */
  async revoke(id: string): Promise<void> {
    await this.refresh();
    if (!this.#tokens.has(id)) throw new SnapshotError('E_USAGE', `There is no token "${id}"`);
    await this.#append({ do: 'revoke', id });
  }

  /** @returns A code that becomes a token once, within ten minutes. */
  async addPairing(account: string, scope: Scope, now: Date): Promise<string> {
    await this.#known(account);
    const code = newCode();
    const until = now.getTime() + PAIRING_MS;
    await this.#append({ do: 'pair', account, scope, hash: hashOf(plainCode(code)), until });
    return code;
  }

  /** Makes a token of a code; undefined when the code is not, or no longer, good. Only the server calls it, so each is used once. */
  async pair(
    code: string,
    now: Date,
  ): Promise<{ readonly token: string; readonly account: string; readonly scope: Scope } | undefined> {
    const hash = hashOf(plainCode(code));
    const pairing = this.#pairings.get(hash);
    // Before anything is awaited: of two at once, one gets it.
    this.#pairings.delete(hash);
    if (pairing === undefined || pairing.until < now.getTime()) return undefined;
    await this.#append({ do: 'paired', hash });
    const { account, scope } = pairing;
    return { token: await this.addToken(account, scope, now), account, scope };
  }

  async #known(name: string): Promise<void> {
    await this.refresh();
    if (this.#accounts.has(name)) return;
    const names = [...this.#accounts.keys()].join(', ');
    throw new SnapshotError('E_USAGE', `There is no account "${name}"`, {
      hint: names === '' ? 'Make one with `snapshot serve user add FOLDER NAME`.' : `There are: ${names}.`,
    });
  }

  async #append(line: Line): Promise<void> {
    try {
      const handle = await open(this.#file, 'a', 0o600);
      try {
        // One call for one line: of two processes, none writes into that of the other. Half a line before it is not continued.
        await handle.appendFile(`\n${JSON.stringify(line)}\n`);
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (cause) {
      throw this.#cannot('write', cause);
    }
    await this.refresh();
  }

  #take(text: string): void {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      return;
    }
    switch (line.do) {
      case 'user':
        this.#accounts.set(line.name, { name: line.name, quotaBytes: line.quota, since: line.at });
        break;
      case 'remove-user':
        this.#accounts.delete(line.name);
        for (const { id } of this.tokensOf(line.name)) this.#tokens.delete(id);
        for (const [hash, { account }] of this.#pairings)
          if (account === line.name) this.#pairings.delete(hash);
        break;
      case 'token':
        if (!SCOPES.includes(line.scope)) break;
        this.#tokens.set(line.id, { ...line, since: line.at });
        break;
      case 'revoke':
        this.#tokens.delete(line.id);
        break;
      case 'pair':
        this.#pairings.set(line.hash, line);
        break;
      case 'paired':
        this.#pairings.delete(line.hash);
        break;
    }
  }

  #forget(): void {
    this.#accounts.clear();
    this.#tokens.clear();
    this.#pairings.clear();
    this.#read = 0;
    this.#rest = '';
  }

  #cannot(verb: string, cause: unknown): SnapshotError {
    const message = `Cannot ${verb} the accounts in "${this.#file}": ${reasonOf(cause)}`;
    return new SnapshotError('E_STORE', message, { cause });
  }
}
