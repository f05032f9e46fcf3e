// How an upload that goes on ends: by what is here, and not there.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
  /** Names that were sent. */
  let sent: string[];
  let isAway: boolean;
  /** Another folder that is watched. */
  let empty: string;
  beforeEach(() => {
    sent = [];
    isAway = false;
    empty = mkdtempSync(join(tmpdir(), 'snapshot-keep-'));
    onTestFinished(() => rmSync(empty, { recursive: true }));
    folder = mkdtempSync(join(tmpdir(), 'snapshot-keep-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
  });

  /** Runs it at a library that has no place for what is called `taken`, nor at first for `at first taken`, and no room for `full`; each round that is told does the next of `steps`, and then it is stopped. @param whileAway - Done when a round failed as the library {@link isAway}. */
  async function ending(steps: readonly (() => void)[], whileAway?: () => void): Promise<number> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (isAway) {
          answer(response, 503, { error: 'away' });
          return;
        }
        if (url.pathname === '/v1/check') {
          const { files } = JSON.parse(Buffer.concat(parts).toString()) as { files: { id: number }[] };
          answer(response, 200, { files: files.map(({ id }) => ({ id, status: 'need' })) });
          return;
        }
        const name = url.searchParams.get('name')?.split('/').at(-1) ?? '';
        sent.push(name);
        if (name === 'taken' || sent.join() === 'at first taken') answer(response, 409, { error: 'taken' });
        else if (name === 'full') answer(response, 507, { error: 'full' });
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
      paths: [folder, empty],
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
      failed: (error) => {
        if (whileAway === undefined) stop.abort(error);
        else whileAway();
      },
    });
  }

  const write = (name: string | Buffer): void =>
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]), 'content');

  /** Puts another folder in the place of the empty one, and the library is there again. */
  const back = (): void => {
    // The first one stays, so that the second one is another.
    renameSync(empty, `${empty}-before`);
    onTestFinished(() => rmSync(`${empty}-before`, { recursive: true }));
    mkdirSync(empty);
    isAway = false;
  };

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

  it('does not try again what has failed until it changes, and then it is there', async () => {
    write('taken');
    await ending([() => write('b'), () => write('c')]);
    expect(sent.toSorted()).toEqual(['b', 'c', 'taken']);
    rmSync(join(folder, 'taken'));
    rmSync(join(folder, 'b'));
    rmSync(join(folder, 'c'));
    sent = [];
    write('at first taken');
    expect(await ending([() => writeFileSync(join(folder, 'at first taken'), 'changed')])).toBe(0);
    expect(sent).toEqual(['at first taken', 'at first taken']);
  });

  it('tries everything again when there is another folder, also while the library was away', async () => {
    write('taken');
    const away = (): void => {
      isAway = true;
      write('b');
    };
    await ending([away], back);
    expect(sent.toSorted()).toEqual(['b', 'taken', 'taken']);
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
