// OpenStack Swift with its S3 interface, from Debian's packages: it checks signatures and sums, as Amazon does.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { AwsClient } from 'aws4fetch';
import { IS_CI } from '../command.ts';
import { freePorts } from './free-ports.ts';

/** Below the project: what is compiled lies elsewhere. */
const SCRIPT = resolve('test/support/servers/swift-server.py');

const isHere = ['swift-proxy-server', 'swift-object-server', 'memcached'].every((name) =>
  existsSync(`/usr/bin/${name}`),
);

/** Whether it is installed; tests that need it are skipped without it, but in the gate they fail. */
export const hasSwift: boolean = isHere || IS_CI;
/** For the name of what is skipped without it. */
export const SWIFT_NOTE: string = hasSwift
  ? ''
  : ': skipped, as there is no swift-account, swift-container, swift-object, swift-proxy and memcached';

/** The key that it knows. */
export const SWIFT_KEYS = { AWS_ACCESS_KEY_ID: 'test:tester', AWS_SECRET_ACCESS_KEY: 'testing' } as const;

export class Swift {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #client = new AwsClient({
    accessKeyId: SWIFT_KEYS.AWS_ACCESS_KEY_ID,
    secretAccessKey: SWIFT_KEYS.AWS_SECRET_ACCESS_KEY,
    service: 's3',
    region: 'us-east-1',
    retries: 0,
  });

  private constructor(host: string, process: ChildProcess, folder: string) {
    this.host = host;
    this.#process = process;
    this.#folder = folder;
  }

  /**
   * Starts it, with the bucket `backup` in it.
   *
   * @param page - So many names it lists at once; Amazon a thousand.
   */
  static async start(page = 10): Promise<Swift> {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-swift-'));
    const ports = await freePorts(5);
    const child = spawn('/usr/bin/python3', ['-B', SCRIPT, folder, String(page), ...ports.map(String)], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const swift = new Swift(`127.0.0.1:${ports[0]}`, child, folder);
    // A full service answers: a bucket and an object in it go through all of its processes.
    await swift.#until([200, 409], 'PUT', 'backup');
    await swift.#until([200], 'PUT', 'backup/ready', '');
    await swift.#until([204], 'DELETE', 'backup/ready');
    return swift;
  }

  /** Asks until the answer has one of these statuses. */
  async #until(statuses: readonly number[], ...asked: Parameters<Swift['ask']>): Promise<void> {
    for (;;) {
      if (statuses.includes(await this.ask(...asked).catch(() => 0))) return;
      if (this.#process.exitCode !== null) throw new Error(`Swift ended with ${this.#process.exitCode}`);
      await delay(100);
    }
  }

  /** A signed request of a path below its root; the status of the answer. */
  async ask(method: string, path: string, body?: string): Promise<number> {
    const answer = await this.#client.fetch(`http://${this.host}/${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** What a signed request gets, as text. */
  async read(path: string): Promise<string> {
    return await (await this.#client.fetch(`http://${this.host}/${path}`)).text();
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const end = once(this.#process, 'exit');
      this.#process.stdin?.end();
      await end;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
