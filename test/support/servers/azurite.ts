// Azurite, Microsoft's own server for tests of Azure's blobs. It brings 370 packages along, so it is none of this project's:
// it is the script that SNAPSHOT_TEST_AZURITE names (`node_modules/azurite/dist/src/blob/main.js`), and the gate installs it into the
// folder of temporary files, once.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type AzureKeys, azureKeys } from '../../../src/store/azure/azure-keys.ts';
import { IS_CI, tool } from '../command.ts';
import { freePorts } from './free-ports.ts';

/** The last one that runs on Node 20. */
const VERSION = '3.35.0';
const SCRIPT = 'node_modules/azurite/dist/src/blob/main.js';
const ACCOUNT = 'backup';

const CACHE = join(tmpdir(), `snapshot-azurite-${VERSION}`);

/** For the name of what is skipped without it. */
export const AZURITE_NOTE: string =
  isAzuriteHere() || IS_CI ? '' : ': skipped, as SNAPSHOT_TEST_AZURITE names no script of Azurite';

function isAzuriteHere(): boolean {
  return existsSync(process.env['SNAPSHOT_TEST_AZURITE'] ?? join(CACHE, SCRIPT));
}

/** Its script; undefined when it is not here: tests that need it are skipped. The gate gets it, and fails when it cannot. */
export function azuriteScript(): string | undefined {
  if (isAzuriteHere()) return process.env['SNAPSHOT_TEST_AZURITE'] ?? join(CACHE, SCRIPT);
  if (!IS_CI) return undefined;
  // Whole or not there: another test may want it, too.
  const aside = mkdtempSync(`${CACHE}-`);
  try {
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', aside];
    tool('npm', [...args, `azurite@${VERSION}`]);
    if (!existsSync(CACHE)) renameSync(aside, CACHE);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return join(CACHE, SCRIPT);
}

export class Azurite {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Of the account `backup`. */
  readonly key: string;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #keys: AzureKeys;

  private constructor(host: string, key: string, process: ChildProcess, folder: string) {
    this.host = host;
    this.key = key;
    this.#process = process;
    this.#folder = folder;
    this.#keys = azureKeys(ACCOUNT, { AZURE_STORAGE_KEY: key });
  }

  /** Starts it, with the container `kept` in the account `backup`. */
  static async start(script: string): Promise<Azurite> {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-blobs-'));
    const [port = 0] = await freePorts(1);
    const key = randomBytes(64).toString('base64');
    const where = ['--location', folder, '--blobHost', '127.0.0.1', '--blobPort', String(port)];
    const child = spawn(
      process.execPath,
      [script, '--silent', '--disableTelemetry', '--skipApiVersionCheck', ...where],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${key}` },
      },
    );
    const azurite = new Azurite(`127.0.0.1:${port}`, key, child, folder);
    for (;;) {
      if ((await azurite.#ask('PUT', 'kept?restype=container').catch(() => 0)) === 201) return azurite;
      if (child.exitCode !== null) throw new Error(`Azurite ended with ${child.exitCode}`);
      await delay(100);
    }
  }

  /** A SAS token for the whole account. @param permissions - `rwdlc`: read, write, delete, list, create. */
  token(permissions: string): string {
    const ends = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
    const fields = [ACCOUNT, permissions, 'b', 'sco', '', ends, '', 'https,http', '2021-12-02', '', ''];
    const signature = createHmac('sha256', Buffer.from(this.key, 'base64'))
      .update(fields.join('\n'))
      .digest('base64');
    const query = {
      sv: '2021-12-02',
      ss: 'b',
      srt: 'sco',
      sp: permissions,
      se: ends,
      spr: 'https,http',
      sig: signature,
    };
    return `?${new URLSearchParams(query).toString()}`;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const end = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await end;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A signed request; the status of the answer. */
  async #ask(method: string, path: string): Promise<number> {
    const url = new URL(`http://${this.host}/${ACCOUNT}/${path}`);
    const headers: Record<string, string> = {
      'x-ms-version': '2021-12-02',
      'x-ms-date': new Date().toUTCString(),
    };
    this.#keys.sign(method, url, headers, 0);
    const answer = await fetch(url, { method, headers });
    await answer.arrayBuffer();
    return answer.status;
  }
}
