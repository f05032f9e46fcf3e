// How an upload that goes on ends: by what is here, and not there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { keepThreads } from '../../../test/support/lasting-threads.ts';
import { keepUploaded } from './keep-uploaded.ts';

keepThreads();

function answer(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));
}

describe('an upload that goes on', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapshot-keep-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
  });

  /** Runs it at a library that has no place for what is called `taken`, and no room for `full`; each round that is told does the next of `steps`, and then it is stopped. */
  async function ending(steps: readonly (() => void)[]): Promise<number> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (url.pathname === '/v1/check') {
          const { files } = JSON.parse(Buffer.concat(parts).toString()) as { files: { id: number }[] };
          answer(response, 200, { files: files.map(({ id }) => ({ id, status: 'need' })) });
        } else if (url.searchParams.get('name')?.endsWith('taken') === true)
          answer(response, 409, { error: 'taken' });
        else if (url.searchParams.get('name')?.endsWith('full') === true)
          answer(response, 507, { error: 'full' });
        else answer(response, 201, { blake3: (url.searchParams.get('hash') ?? '').replace('blake3:', '') });
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const stop = new AbortController();
    let rounds = 0;
    return await keepUploaded({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: 'token',
      paths: [folder],
      ca: undefined,
      rename: false,
      receipt: undefined,
      signal: stop.signal,
      onFile: () => {},
      onProgress: () => {},
      to: '',
      exclude: [],
      include: [],
      told: () => {
        const step = steps[rounds++];
        if (step === undefined) stop.abort();
        else step();
      },
      failed: (error) => stop.abort(error),
    });
  }

  const write = (name: string | Buffer): void =>
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]), 'content');

  it('ends well when all is there', async () => {
    write('a');
    expect(await ending([() => write('b')])).toBe(0);
  });

  it('says that a file is not there, but not of one that is gone here, too', async () => {
    write('taken');
    expect(await ending([() => write('b')])).toBe(3);
    const gone = (): void => {
      rmSync(join(folder, 'taken'));
      write('c');
    };
    expect(await ending([gone])).toBe(0);
  });

  it('says that a file is not there to which the library does not come', async () => {
    write('a');
    expect(await ending([() => write('full')])).toBe(3);
  });

  it.skipIf(process.platform !== 'linux')(
    'says that a file cannot be sent whose name is no text',
    async () => {
      write(Buffer.from([0x66, 0xff]));
      expect(await ending([() => write('b')])).toBe(3);
    },
  );
});
