import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePorts } from '../../../test/support/servers/free-ports.ts';
import { NastyProxy, type Trouble } from '../../../test/support/servers/nasty-proxy.ts';
import { hasSwift, Swift, SWIFT_KEYS, SWIFT_NOTE } from '../../../test/support/servers/swift.ts';
import { testNights } from '../../jobs/run/far-nights.lab.ts';
import { testQuietNights } from '../../jobs/run/quiet-nights.lab.ts';
import { testStore } from '../contract.lab.ts';
import { ObjectStore } from '../object-store.ts';
import type { Objects, SpooledFile } from '../objects.ts';
import { sparingStore } from '../sparing.lab.ts';
import { RetryObjects } from '../wrap/retry-objects.ts';
import { openS3, type S3Lab } from './s3-objects.ts';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

let swift: Swift;
let count = 0;
if (hasSwift) {
  beforeAll(async () => {
    swift = await Swift.start();
  }, 180_000);
  afterAll(async () => await swift.stop());
}

/** An empty place in the bucket. */
function prefix(): string {
  return `store${count++}`;
}

async function open(at: string, lab: S3Lab = {}): Promise<Objects> {
  const objects = await openS3(at, { env: SWIFT_KEYS, partBytes: PART_BYTES, ...lab });
  onTestFinished(async () => await objects.close());
  return objects;
}

/** A place behind a proxy. */
async function behind(lab: S3Lab = {}): Promise<{ proxy: NastyProxy; objects: Objects; at: string }> {
  const proxy = await NastyProxy.start(swift.host);
  onTestFinished(async () => await proxy.stop());
  const at = prefix();
  return { proxy, objects: await open(`s3://backup/${at}?endpoint=${proxy.host}`, lab), at };
}

function spooled(bytes: Buffer): SpooledFile {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => await Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

const sumOf = (bytes: Uint8Array | undefined): string =>
  createHash('md5')
    .update(bytes ?? '')
    .digest('hex');

/** Parts that were begun at `at` and belong to no object yet. */
async function unfinished(at: string): Promise<number> {
  const xml = await swift.read(`backup?uploads&prefix=${at}/`);
  expect(xml).toContain('ListMultipartUploadsResult');
  return xml.split('<Upload>').length - 1;
}

/** Whoever asks for unfinished uploads is told that it is so much later. */
function later(ms: number): (request: string) => Trouble | undefined {
  const date = new Date(Date.now() + ms).toUTCString();
  const change: Trouble = {
    kind: 'change',
    change: (answer) => ({ ...answer, headers: { ...answer.headers, date } }),
  };
  return (request) => (/^GET .*uploads=/.test(request) ? change : undefined);
}

const KEY = 'data/2026-11-19T02-00-00Z/data-2026-11-19T02-00-00Z.tar.zst';
/** The least that Swift takes as a part. */
const PART_BYTES = 5 * MIB;
const LARGE = randomBytes(2 * PART_BYTES + MIB + 3);
const isPart = (request: string): boolean => request.includes('partNumber=');

it('gives an archive its class, however small it is, and nothing else', async () => {
  const classes: unknown[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end());
    if (request.method === 'PUT') classes.push(request.headers['x-amz-storage-class']);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const objects = await open(`s3://backup/a?class=standard_ia&endpoint=127.0.0.1:${port}`);
  await objects.putFile(KEY, spooled(Buffer.from('small')));
  await objects.put('data/owner.json', Buffer.from('{}'));
  expect(classes).toEqual(['STANDARD_IA', undefined]);
});

describe.skipIf(!hasSwift)(`S3, as Swift speaks it${SWIFT_NOTE}`, () => {
  testStore('bucket', async () => {
    // A name with everything in it that is written otherwise in addresses and in XML.
    const at = `s3://backup/${prefix()} é&+'<x>%41?endpoint=${swift.host}`;
    const store = new ObjectStore(at, async () => await openS3(at, { env: SWIFT_KEYS }));
    onTestFinished(async () => await store.close());
    return await Promise.resolve(store);
  });

  it.each([
    ['', true],
    ['?endpoint=s3.eu-central-1.amazonaws.com', true],
    ['?endpoint=0a1b.r2.cloudflarestorage.com', true],
    ['?endpoint=r2.cloudflarestorage.com.example.com', false],
    ['?endpoint=s3.eu-central-003.backblazeb2.com', false],
  ])('takes the listings of s3://bucket/prefix%s for those of now: %s', async (options, isPrompt) => {
    const objects = await openS3(`s3://bucket/prefix${options}`, { env: SWIFT_KEYS });
    expect(objects.listsAtOnce).toBe(isPrompt);
    await objects.close();
  });

  for (const [listsAtOnce, quiet, written] of [
    [false, 13, 23],
    [true, 2, 17],
  ] as const)
    testQuietNights(
      listsAtOnce ? 'bucket whose listings are as of now' : 'bucket',
      async () => {
        const proxy = await NastyProxy.start(swift.host);
        onTestFinished(async () => await proxy.stop());
        const at = `s3://backup/${prefix()}?endpoint=${proxy.host}`;
        const opened = async (): Promise<Objects> =>
          Object.assign(await openS3(at, { env: SWIFT_KEYS }), { listsAtOnce });
        return { open: sparingStore('s3', at, opened), requests: proxy.requests };
      },
      { quiet, written, forEach: 0 },
    );

  testNights('bucket', () => {
    const at = `s3://backup/${prefix()}?endpoint=${swift.host}`;
    return sparingStore('s3', at, async () => await openS3(at, { env: SWIFT_KEYS }));
  });

  it('lists all pages', async () => {
    const { proxy, objects } = await behind();
    const keys = Array.from({ length: 25 }, (_, i) => (i % 3 === 0 ? `s/folder ${i}/x` : `s/file ${i}`));
    await Promise.all(keys.map(async (key) => await objects.put(key, Buffer.from(key))));
    const names = (await objects.list('s')).map(({ name }) => name).toSorted();
    expect(names).toEqual(keys.map((key) => key.split('/')[1] ?? '').toSorted());
    expect(proxy.requests.filter((request) => request.startsWith('GET'))).toHaveLength(3);
  });

  it('sends a large object in parts, and gives any piece of it back', async () => {
    const { proxy, objects, at } = await behind();
    await objects.putFile(KEY, spooled(LARGE));
    expect(proxy.requests.filter(isPart)).toHaveLength(3);
    expect(sumOf(await objects.get(KEY))).toBe(sumOf(LARGE));
    const border = { offset: PART_BYTES - 5, length: 10 };
    expect(await objects.get(KEY, border)).toEqual(LARGE.subarray(border.offset, border.offset + 10));
    expect(await objects.get(KEY, { offset: LARGE.length - 2, length: 10 })).toEqual(LARGE.subarray(-2));
    expect(await objects.get(KEY, { offset: LARGE.length, length: 10 })).toHaveLength(0);
    expect(await unfinished(at)).toBe(0);
  });

  it.each([
    ['small', Buffer.alloc(300_000, 'new'), /^PUT/],
    ['large', LARGE, /partNumber=2/],
  ])('cut off in the middle of a %s object, it leaves the earlier one as it was', async (_, bytes, which) => {
    const { proxy, objects } = await behind();
    await objects.put(KEY, Buffer.from('old'));
    proxy.once(which, { kind: 'cut', afterBytes: 100_000 });
    await expect(objects.putFile(KEY, spooled(bytes))).rejects.toMatchObject({ code: 'E_AWAY' });
    expect(String(await objects.get(KEY))).toBe('old');
    expect(await objects.list('data/2026-11-19T02-00-00Z')).toHaveLength(1);
    await objects.putFile(KEY, spooled(bytes));
    expect(sumOf(await objects.get(KEY))).toBe(sumOf(bytes));
  });

  it('goes on where a try was cut off', async () => {
    const { proxy, objects, at } = await behind();
    const file = spooled(LARGE);
    proxy.once(/partNumber=2/, { kind: 'cut', afterBytes: 100_000 });
    await new RetryObjects(objects, 0.01).putFile(KEY, file);
    expect(proxy.requests.filter(isPart).map((request) => /partNumber=(\d)/.exec(request)?.[1])).toEqual(
      expect.arrayContaining(['1', '2', '2', '3']),
    );
    expect(proxy.requests.filter(isPart)).toHaveLength(4);
    expect(sumOf(await objects.get(KEY))).toBe(sumOf(LARGE));
    expect(await unfinished(at)).toBe(0);
  });

  it.each([
    ['nobody hears that it is whole', { kind: 'lose' }],
    [
      'it is said to be going well, and then it fails',
      {
        kind: 'answer',
        answer: { status: 200, body: '<Error><Code>InternalError</Code><Message>Sorry</Message></Error>' },
      },
    ],
    ['what is said is cut short', { kind: 'cutAnswer', afterBytes: 50 }],
  ] as const)('a large object arrives although %s', async (_, trouble) => {
    const { proxy, objects, at } = await behind();
    proxy.once(/^POST .*uploadId=/, trouble);
    await expect(objects.putFile(KEY, spooled(LARGE))).rejects.toMatchObject({ code: 'E_AWAY' });
    proxy.once(/^POST .*uploadId=/, trouble);
    await new RetryObjects(objects, 0.01).putFile(KEY, spooled(LARGE));
    expect(sumOf(await objects.get(KEY))).toBe(sumOf(LARGE));
    await objects.close();
    expect(await unfinished(at)).toBe(0);
  });

  it.each([
    ['another name', 'busy', 503, 'E_AWAY', 'other'],
    ['the same name after it was given up', 'refused', 403, 'E_AUTH', KEY],
  ])('sends a large file whole to %s, where its end was %s', async (_, __, status, code, key) => {
    const { proxy, objects, at } = await behind();
    const file = spooled(LARGE);
    proxy.once(/^POST .*uploadId=/, { kind: 'answer', answer: { status } });
    await expect(objects.putFile(KEY, file)).rejects.toMatchObject({ code });
    await objects.putFile(key, file);
    expect(sumOf(await objects.get(key))).toBe(sumOf(LARGE));
    if (key !== KEY) expect(await objects.get(KEY)).toBeUndefined();
    await objects.close();
    if (key === KEY) expect(await unfinished(at)).toBe(0);
  });

  it('begins anew an upload that the server knows nothing of any more', async () => {
    const { proxy, objects } = await behind();
    const file = spooled(LARGE);
    let gone: string | undefined;
    proxy.trouble = (request) => {
      const id = /uploadId=([^&]+)/.exec(request)?.[1];
      if (request.startsWith('POST')) gone ??= id;
      if (id === undefined || id !== gone) return undefined;
      return { kind: 'answer', answer: { status: 404, body: '<Error><Code>NoSuchUpload</Code></Error>' } };
    };
    await expect(objects.putFile(KEY, file)).rejects.toMatchObject({ code: 'E_AWAY' });
    await objects.putFile(KEY, file);
    expect(sumOf(await objects.get(KEY))).toBe(sumOf(LARGE));
  });

  it('ends where each page is said to be followed by itself', async () => {
    const { proxy, objects } = await behind();
    const body =
      '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken></ListBucketResult>';
    proxy.trouble = () => ({ kind: 'answer', answer: { status: 200, body } });
    const message: unknown = expect.stringContaining('does not give it');
    await expect(objects.list('')).rejects.toMatchObject({ message });
  });

  it('leaves nothing of an upload that is given up', async () => {
    const { proxy, objects, at } = await behind();
    const stop = new AbortController();
    proxy.trouble = (request) => {
      if (/partNumber=2/.test(request)) stop.abort();
      return undefined;
    };
    await expect(objects.putFile(KEY, spooled(LARGE), stop.signal)).rejects.toThrow('abort');
    expect(await unfinished(at)).toBe(0);
    expect(await objects.get(KEY)).toBeUndefined();
  });

  it('leaves nothing of an upload that failed, once it is closed', async () => {
    const { proxy, objects, at } = await behind();
    proxy.trouble = (request) => (isPart(request) ? { kind: 'cut', afterBytes: 1000 } : undefined);
    await expect(objects.putFile(KEY, spooled(LARGE))).rejects.toMatchObject({ code: 'E_AWAY' });
    expect(await unfinished(at)).toBe(1);
    await objects.close();
    expect(await unfinished(at)).toBe(0);
  });

  it('gives up what a killed run has left a day ago, and nothing else', async () => {
    const { proxy, objects, at } = await behind();
    const others = ['data/other', 'data/2026-11-19T02-00-00Z/folder/x', `else/${KEY}`];
    const keys = [KEY, ...others].map((key) => `backup/${at}/${key}?uploads`);
    expect(await Promise.all(keys.map(async (path) => await swift.ask('POST', path)))).toEqual([
      200, 200, 200, 200,
    ]);
    proxy.trouble = later(DAY_MS - 3_600_000);
    await objects.putFile(KEY, spooled(Buffer.from('1')));
    expect(await unfinished(at)).toBe(4);
    const again = await open(`s3://backup/${at}?endpoint=${proxy.host}`);
    proxy.trouble = later(DAY_MS + 3_600_000);
    await again.putFile(KEY, spooled(Buffer.from('1')));
    expect(await unfinished(at)).toBe(3);
    expect(await swift.read(`backup?uploads&prefix=${at}/${KEY}`)).not.toContain('<Upload>');
  });

  it('asks again when it was told to, and as late', async () => {
    const { proxy, objects } = await behind();
    const body = '<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>';
    proxy.once(/./, { kind: 'answer', answer: { status: 503, headers: { 'retry-after': '2' }, body } });
    await expect(objects.put('a', Buffer.from('1'))).rejects.toMatchObject({
      code: 'E_AWAY',
      retryAfterMs: 2000,
    });
    await objects.put('a', Buffer.from('1'));
    expect(String(await objects.get('a'))).toBe('1');
  });

  it.each([
    ['a page of somebody else', '<html><body>Please sign in</body></html>'],
    ['an empty one', ''],
    ['one without its end', '<ListBucketResult><Name>backup</Name>'],
  ])('takes %s for no listing', async (_, body) => {
    const { proxy, objects } = await behind();
    proxy.once(/./, { kind: 'answer', answer: { status: 200, body } });
    await expect(objects.list('')).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('takes what was cut short for nothing that there is', async () => {
    const { proxy, objects } = await behind();
    await objects.put('a', Buffer.alloc(1000));
    proxy.once(/./, { kind: 'cutAnswer', afterBytes: 100 });
    await expect(objects.list('')).rejects.toMatchObject({ code: 'E_AWAY' });
    proxy.once(/./, { kind: 'cutAnswer', afterBytes: 100 });
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_AWAY' });
  });

  it('takes no other "not found" for an object that is not there', async () => {
    const { proxy, objects } = await behind();
    for (const ask of [() => objects.get('a'), () => objects.remove('a'), () => objects.list('')]) {
      proxy.once(/./, { kind: 'answer', answer: { status: 404, body: '<html>Not found</html>' } });
      await expect(ask()).rejects.toMatchObject({
        code: 'E_STORE',
        hint: expect.stringContaining('endpoint'),
      });
    }
    const none = await open(`s3://no-such-bucket?endpoint=${swift.host}`);
    for (const ask of [() => none.get('a'), () => none.remove('a'), () => none.list('')])
      await expect(ask()).rejects.toMatchObject({
        code: 'E_STORE',
        hint: expect.stringContaining('Make the bucket'),
      });
  });

  it('cuts a piece out of an answer that has it all, and refuses one that is too much', async () => {
    const { proxy, objects } = await behind();
    await objects.put('a', Buffer.from('0123456789'));
    proxy.trouble = () => ({ kind: 'strip', header: 'range' });
    expect(String(await objects.get('a', { offset: 3, length: 4 }))).toBe('3456');
    await objects.put('b', Buffer.alloc(3 * MIB));
    await expect(objects.get('b', { offset: 0, length: 4 })).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('says that a server is away, or keeps silent', async () => {
    const [port = 0] = await freePorts(1);
    const nobody = await open(`s3://backup?endpoint=127.0.0.1:${port}`);
    await expect(nobody.list('')).rejects.toMatchObject({
      code: 'E_AWAY',
      message: expect.stringContaining('nobody answers'),
    });
    const { proxy, objects } = await behind({ silenceMs: 300 });
    proxy.trouble = () => ({ kind: 'hang' });
    const message = expect.stringContaining('no answer in time') as string;
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_AWAY', message });
    await expect(objects.put('a', Buffer.from('1'))).rejects.toMatchObject({ code: 'E_AWAY', message });
  });

  it.each([
    ['secret', { ...SWIFT_KEYS, AWS_SECRET_ACCESS_KEY: 'not-this-one' }],
    ['key', { ...SWIFT_KEYS, AWS_ACCESS_KEY_ID: 'test:nobody' }],
  ])('is not let in with a wrong %s, and does not show it', async (_, env) => {
    const objects = await open(`s3://backup/x?endpoint=${swift.host}`, { env });
    for (const ask of [
      () => objects.list(''),
      () => objects.get('a'),
      () => objects.put('a', Buffer.from('1')),
    ]) {
      const error: unknown = await ask().catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'E_AUTH', hint: expect.stringMatching(/check AWS_/) });
      expect(JSON.stringify(error) + String(error)).not.toContain(env.AWS_SECRET_ACCESS_KEY);
    }
  });

  it('ends what is under way when it is closed, and does nothing more', async () => {
    const { proxy, objects } = await behind();
    proxy.trouble = () => {
      void objects.close();
      return { kind: 'hang' };
    };
    await expect(objects.get('a')).rejects.toThrow();
    await objects.close();
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_STORE' });
  });
});
