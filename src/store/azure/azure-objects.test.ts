import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AZURITE_NOTE, Azurite, azuriteScript } from '../../../test/support/servers/azurite.ts';
import { freePorts } from '../../../test/support/servers/free-ports.ts';
import { NastyProxy } from '../../../test/support/servers/nasty-proxy.ts';
import { testNights } from '../../jobs/run/far-nights.lab.ts';
import { testQuietNights } from '../../jobs/run/quiet-nights.lab.ts';
import { testStore } from '../contract.lab.ts';
import { ObjectStore } from '../object-store.ts';
import type { Objects, SpooledFile } from '../objects.ts';
import { sparingStore } from '../sparing.lab.ts';
import { RetryObjects } from '../wrap/retry-objects.ts';
import { azureKeys } from './azure-keys.ts';
import { type AzureLab, openAzure } from './azure-objects.ts';

const script = azuriteScript();
const MIB = 1024 * 1024;

let azurite: Azurite;
let count = 0;
if (script !== undefined) {
  beforeAll(async () => {
    azurite = await Azurite.start(script);
  }, 180_000);
  afterAll(async () => await azurite.stop());
}

function address(host = azurite.host): string {
  return `azure://backup/kept/store${count++} é&+'<x>%41?endpoint=${host}`;
}

async function open(at: string, lab: AzureLab = {}): Promise<Objects> {
  const objects = await openAzure(at, { env: { AZURE_STORAGE_KEY: azurite.key }, partBytes: MIB, ...lab });
  onTestFinished(async () => await objects.close());
  return objects;
}

/** A place behind a proxy. */
async function behind(lab: AzureLab = {}): Promise<{ proxy: NastyProxy; objects: Objects }> {
  const proxy = await NastyProxy.start(azurite.host);
  onTestFinished(async () => await proxy.stop());
  return { proxy, objects: await open(address(proxy.host), lab) };
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

const KEY = 'data/2026-11-19T02-00-00Z/data-2026-11-19T02-00-00Z.tar.zst';
const LARGE = randomBytes(2 * MIB + 3);
const isBlock = (request: string): boolean => request.includes('comp=block&');

/** Opens empty places with these keys. */
const store = (env: () => AzureLab['env']) => async (): Promise<ObjectStore> => {
  const at = address();
  const opened = new ObjectStore(at, async () => await openAzure(at, { env: env() ?? {} }));
  onTestFinished(async () => await opened.close());
  return await Promise.resolve(opened);
};

it('takes a key as it is copied, with the end of its line, and no cut one', () => {
  expect(azureKeys('a', { AZURE_STORAGE_KEY: 'a2V5\n' })).toBeDefined();
  expect(() => azureKeys('a', { AZURE_STORAGE_KEY: 'a2V' })).toThrow('no key of an account');
});

describe.skipIf(script === undefined)(`Azure, as Azurite speaks it${AZURITE_NOTE}`, () => {
  testStore(
    'container with a key',
    store(() => ({ AZURE_STORAGE_KEY: azurite.key })),
  );
  testStore(
    'container with a SAS token',
    store(() => ({ AZURE_STORAGE_SAS_TOKEN: azurite.token('rwdlc') })),
  );

  testNights('container', () => {
    const at = address();
    const env = { AZURE_STORAGE_KEY: azurite.key };
    return sparingStore('azure', at, async () => await openAzure(at, { env }));
  });

  testQuietNights(
    'container',
    async () => {
      const proxy = await NastyProxy.start(azurite.host);
      onTestFinished(async () => await proxy.stop());
      const at = address(proxy.host);
      const env = { AZURE_STORAGE_KEY: azurite.key };
      return {
        open: sparingStore('azure', at, async () => await openAzure(at, { env })),
        requests: proxy.requests,
      };
    },
    { quiet: 2, written: 17, forEach: 0 },
  );

  it('lists all pages', async () => {
    const { proxy, objects } = await behind({ pageSize: 10 });
    const keys = Array.from({ length: 25 }, (_, i) => (i % 3 === 0 ? `s/folder ${i}/x` : `s/file ${i}`));
    await Promise.all(keys.map(async (key) => await objects.put(key, Buffer.from(key))));
    const names = (await objects.list('s')).map(({ name }) => name).toSorted();
    expect(names).toEqual(keys.map((key) => key.split('/')[1] ?? '').toSorted());
    expect(proxy.requests.filter((request) => request.startsWith('GET'))).toHaveLength(3);
  });

  it('sends a large object in blocks, and gives any piece of it back', async () => {
    const { proxy, objects } = await behind();
    await objects.putFile(KEY, spooled(LARGE));
    expect(proxy.requests.filter(isBlock)).toHaveLength(3);
    expect(sumOf(await objects.get(KEY))).toBe(sumOf(LARGE));
    expect(await objects.get(KEY, { offset: MIB - 5, length: 10 })).toEqual(LARGE.subarray(MIB - 5, MIB + 5));
    expect(await objects.get(KEY, { offset: LARGE.length - 2, length: 10 })).toEqual(LARGE.subarray(-2));
    expect(await objects.get(KEY, { offset: LARGE.length, length: 10 })).toHaveLength(0);
  });

  it.each([
    ['small', Buffer.alloc(300_000, 'new')],
    ['large', LARGE],
  ])(
    'cut off in the middle of a %s object, it leaves the earlier one, and goes on from there',
    async (_, bytes) => {
      const { proxy, objects } = await behind();
      await objects.put(KEY, Buffer.from('old'));
      const file = spooled(bytes);
      proxy.once(/^PUT/, { kind: 'cut', afterBytes: 100_000 });
      await expect(objects.putFile(KEY, file)).rejects.toMatchObject({ code: 'E_AWAY' });
      expect(String(await objects.get(KEY))).toBe('old');
      expect(await objects.list('data/2026-11-19T02-00-00Z')).toHaveLength(1);
      await objects.putFile(KEY, file);
      expect(sumOf(await objects.get(KEY))).toBe(sumOf(bytes));
      expect(proxy.requests.filter(isBlock)).toHaveLength(bytes === LARGE ? 4 : 0);
    },
  );

  it.each([
    ['nobody hears that it is whole', { kind: 'lose' }],
    [
      'its blocks are gone',
      { kind: 'answer', answer: { status: 400, headers: { 'x-ms-error-code': 'InvalidBlockList' } } },
    ],
  ] as const)('a large object arrives although %s', async (_, trouble) => {
    const { proxy, objects } = await behind();
    proxy.once(/comp=blocklist/, trouble);
    await new RetryObjects(objects, 0.01).putFile(KEY, spooled(LARGE));
    expect(sumOf(await objects.get(KEY))).toBe(sumOf(LARGE));
  });

  it('sends a large file whole to another name than the one that it was begun for', async () => {
    const { proxy, objects } = await behind();
    const file = spooled(LARGE);
    proxy.once(/comp=blocklist/, { kind: 'answer', answer: { status: 503 } });
    await expect(objects.putFile(KEY, file)).rejects.toMatchObject({ code: 'E_AWAY' });
    await objects.putFile('other', file);
    expect(sumOf(await objects.get('other'))).toBe(sumOf(LARGE));
    expect(await objects.get(KEY)).toBeUndefined();
  });

  it('ends where each page is said to be followed by itself', async () => {
    const { proxy, objects } = await behind();
    const body = '<EnumerationResults><Blobs/><NextMarker>same</NextMarker></EnumerationResults>';
    proxy.trouble = () => ({ kind: 'answer', answer: { status: 200, body } });
    const message: unknown = expect.stringContaining('does not give it');
    await expect(objects.list('')).rejects.toMatchObject({ message });
  });

  it('leaves nothing under the name of an upload that is given up', async () => {
    const { proxy, objects } = await behind();
    const stop = new AbortController();
    proxy.trouble = () => {
      stop.abort();
      return undefined;
    };
    await expect(objects.putFile(KEY, spooled(LARGE), stop.signal)).rejects.toThrow('abort');
    expect(await objects.get(KEY)).toBeUndefined();
    expect(await objects.list('data')).toEqual([]);
  });

  it.each([
    ['a page of somebody else', '<html><body>Please sign in</body></html>'],
    ['one without its end', '<EnumerationResults><Blobs>'],
  ])('takes %s for no listing', async (_, body) => {
    const { proxy, objects } = await behind();
    proxy.once(/./, { kind: 'answer', answer: { status: 200, body } });
    await expect(objects.list('')).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('takes no other "not found" for an object that is not there', async () => {
    const none = await open(`azure://backup/no-container?endpoint=${azurite.host}`);
    for (const ask of [() => none.get('a'), () => none.remove('a'), () => none.list('')]) {
      const hint: unknown = expect.stringContaining('Make the container');
      await expect(ask()).rejects.toMatchObject({ code: 'E_STORE', hint });
    }
  });

  it('is not let in with a wrong key or a token that allows too little, and shows neither', async () => {
    const wrong = randomBytes(64).toString('base64');
    const token = azurite.token('l');
    for (const env of [{ AZURE_STORAGE_KEY: wrong }, { AZURE_STORAGE_SAS_TOKEN: token }]) {
      const objects = await open(address(), { env });
      for (const ask of [() => objects.get('a'), () => objects.put('a', Buffer.from('1'))]) {
        const error: unknown = await ask().catch((cause: unknown) => cause);
        expect(error).toMatchObject({ code: 'E_AUTH', hint: expect.stringMatching(/key/i) as string });
        expect(JSON.stringify(error) + String(error)).not.toMatch(/sig=|SharedKey/);
      }
    }
    await expect(openAzure(address(), { env: {} })).rejects.toMatchObject({ code: 'E_AUTH' });
    await expect(openAzure(address(), { env: { AZURE_STORAGE_KEY: 'not one!' } })).rejects.toMatchObject({
      code: 'E_AUTH',
    });
  });

  it('says that a server is away, keeps silent, or is busy', async () => {
    const [port = 0] = await freePorts(1);
    await expect((await open(address(`127.0.0.1:${port}`))).list('')).rejects.toMatchObject({
      code: 'E_AWAY',
    });
    const { proxy, objects } = await behind({ silenceMs: 300 });
    proxy.once(/./, { kind: 'hang' });
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_AWAY' });
    const headers = { 'retry-after': '3', 'x-ms-error-code': 'ServerBusy' };
    proxy.once(/./, { kind: 'answer', answer: { status: 503, headers } });
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_AWAY', retryAfterMs: 3000 });
  });
});
