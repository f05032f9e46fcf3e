// What a library says that is not as it should be; with a real one: test/upload.test.ts.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Progress } from '../events.ts';
import { upload, type UploadOptions, type UploadResult } from './upload.ts';

interface Answer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

const stored = (blake3: string): Answer => ({ status: 201, json: { blake3 } });

describe('an upload', () => {
  let folder: string;
  let sent: string[];
  /** What was asked of each file that was sent. */
  let queries: URLSearchParams[];

  beforeEach(() => {
    queries = [];
    folder = mkdtempSync(join(tmpdir(), 'snapshot-upload-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    sent = [];
  });

  /** Uploads these files to a library that has those whose size is in `has`, and answers so to the others. */
  async function sending(
    files: readonly string[],
    answer: (blake3: string) => Answer,
    {
      has = [],
      whenAsked = () => {},
      isMute = false,
      ...more
    }: Partial<UploadOptions> & {
      readonly has?: readonly number[];
      readonly whenAsked?: () => void;
      readonly isMute?: boolean;
    } = {},
  ): Promise<UploadResult & { readonly last: Progress | undefined }> {
    for (const name of files) writeFileSync(join(folder, name), name);
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString();
        let { status, json }: Answer = { status: 200, json: {} };
        if (url.pathname === '/v1/check') {
          whenAsked();
          const { files: asked } = JSON.parse(body) as { files: readonly { id: number; size: number }[] };
          const stateOf = (size: number): string => (has.includes(size) ? 'have' : 'need');
          json = { files: isMute ? [] : asked.map(({ id, size }) => ({ id, status: stateOf(size) })) };
        } else {
          queries.push(url.searchParams);
          sent.push(body);
          ({ status, json } = answer((url.searchParams.get('hash') ?? '').replace('blake3:', '')));
        }
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    let last: Progress | undefined;
    const result = await upload({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: 'token',
      paths: [folder],
      ca: undefined,
      rename: false,
      dryRun: false,
      receipt: undefined,
      signal: new AbortController().signal,
      onFile: () => {},
      onProgress: (progress) => (last = progress),
      to: '',
      exclude: [],
      include: [],
      ...more,
    });
    return { ...result, last };
  }

  it('of more files than are asked about at once sends and counts each of them once', async () => {
    const names = Array.from({ length: 501 }, (_, i) => `file ${String(i).padStart(3, '0')}`);
    const { files, stored: count, known, bytes, last } = await sending(names, stored);
    expect(sent.toSorted()).toEqual(names);
    expect([files, count, known, bytes]).toEqual([501, 501, 0, 501 * 8]);
    expect(last).toMatchObject({ files: 501, totalFiles: 501, bytes: 501 * 8, totalBytes: 501 * 8 });
  });

  it('counts no bytes of what was there, and writes a receipt only when it is none that is dry', async () => {
    const receipt = join(folder, '..', `receipt-${process.pid}`);
    onTestFinished(() => rmSync(receipt));
    const has = [3];
    const dry = await sending(['old', 'newer'], stored, { has, receipt, dryRun: true });
    expect(dry).toMatchObject({ known: 1, needed: 1, stored: 0, bytes: 5 });
    expect([sent, readFileSync(receipt, 'utf8')]).toEqual([[], '']);
    const real = await sending(['old', 'newer'], stored, { has, receipt });
    expect(real).toMatchObject({ known: 1, needed: 0, stored: 1, bytes: 5 });
    await sending(['old'], stored, { has: [3, 5], receipt });
    expect(readFileSync(receipt, 'utf8').trim().split('\n')).toHaveLength(4);
  });

  it('asks the library also where it has nothing to send, and sends what the library says nothing of', async () => {
    let asked = 0;
    const whenAsked = (): void => void asked++;
    await sending([], stored, { whenAsked });
    expect(asked).toBe(1);
    expect(await sending(['file'], stored, { isMute: true })).toMatchObject({ stored: 1, known: 0 });
  });

  it('asks for a free name only where it is told to', async () => {
    await sending(['a'], stored);
    await sending(['a'], stored, { rename: true });
    expect(queries.map((query) => query.get('rename'))).toEqual([null, '1']);
  });

  it('that is stopped while it asks ends with the reason', async () => {
    const stop = new AbortController();
    const whenAsked = (): void => stop.abort(new Error('enough'));
    await expect(sending(['a'], stored, { whenAsked, signal: stop.signal })).rejects.toThrow('enough');
  });

  it('takes nothing for stored of which the library has read other bytes', async () => {
    await expect(sending(['file'], () => stored('0'.repeat(64)))).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('begins a line of its own in a receipt whose last one was cut short', async () => {
    const receipt = join(folder, '..', `receipt-cut-${process.pid}`);
    onTestFinished(() => rmSync(receipt));
    writeFileSync(receipt, '{"path":"/ca');
    await sending(['a'], stored, { receipt });
    await sending(['a'], stored, { receipt });
    const [cut, ...lines] = readFileSync(receipt, 'utf8').trimEnd().split('\n');
    expect(cut).toBe('{"path":"/ca');
    expect(lines.map((line) => (JSON.parse(line) as { name: string }).name.slice(-2))).toEqual(['/a', '/a']);
  });

  it('sends one of two copies, and asks again before it sends the other', async () => {
    writeFileSync(join(folder, 'copy'), 'once');
    const has: number[] = [];
    const whenAsked = (): void => void (sent.length > 0 && has.push(4));
    const result = await sending(['once'], stored, { has, whenAsked });
    expect([result.stored, result.known, result.bytes, sent]).toEqual([1, 1, 4, ['once']]);
  });

  it('names a file that went away after it was hashed', async () => {
    const whenAsked = (): void => rmSync(join(folder, 'a'));
    const { problems, stored: count, last } = await sending(['a', 'b'], stored, { whenAsked });
    expect([problems, count]).toEqual([[{ path: join(folder, 'a'), reason: 'it is gone' }], 1]);
    expect(last).toMatchObject({ files: 2, totalFiles: 2 });
  });

  it('gives up a file that differs from itself the second time', async () => {
    const { problems, stored: count } = await sending(['file'], () => ({ status: 422, json: {} }));
    expect([problems, count, sent]).toEqual([
      [{ path: join(folder, 'file'), reason: 'it changes while it is sent' }],
      0,
      ['file', 'file'],
    ]);
  });

  it.each<[number, string, string]>([
    [409, 'taken', ''],
    [412, 'gone', ''],
    [413, 'large', ''],
    [403, 'name', ''],
    [403, 'scope', 'E_AUTH'],
    [413, 'quota', 'E_SPACE'],
    [507, 'full', 'E_SPACE'],
    [400, '', 'E_STORE'],
  ])('answered by %i %s stops as it should: "%s"', async (status, what, code) => {
    const work = sending(['a', 'b'], () => ({ status, json: { status: what, error: 'because' } }));
    if (code !== '') await expect(work).rejects.toMatchObject({ code });
    else expect((await work).problems.map(({ reason }) => reason)).toEqual(['because', 'because']);
  });
});
