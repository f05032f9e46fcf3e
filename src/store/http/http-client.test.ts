import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasTool, tool } from '../../../test/support/command.ts';
import { NastyProxy } from '../../../test/support/servers/nasty-proxy.ts';
import { HttpClient, UnreadableError } from './http-client.ts';
import { networkError } from './http-error.ts';

function client(...args: ConstructorParameters<typeof HttpClient>): HttpClient {
  const http = new HttpClient(...args);
  onTestFinished(() => http.close());
  return http;
}

/** A server that says `yes`. */
async function server(tls?: { key: string; cert: string }): Promise<NastyProxy> {
  const proxy = await NastyProxy.start('', tls);
  onTestFinished(async () => await proxy.stop());
  proxy.trouble = () => ({ kind: 'answer', answer: { status: 200, body: 'yes' } });
  return proxy;
}

describe('a request', () => {
  it.each([
    [3, 'yes'],
    [2, undefined],
  ])('that may have %d bytes for an answer', async (mostBytes, said) => {
    const { host } = await server();
    const asked = client().request({
      method: 'GET',
      url: new URL(`http://${host}/`),
      headers: {},
      mostBytes,
    });
    if (said === undefined) await expect(asked).rejects.toMatchObject({ code: 'E_STORE' });
    else expect(String((await asked).body)).toBe(said);
  });

  it.skipIf(!hasTool('openssl'))('trusts no certificate but those it is told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const how = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    tool('openssl', ['req', ...how, '-keyout', key, '-out', cert, ...subject]);
    const { host } = await server({ key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') });
    const request = { method: 'GET', url: new URL(`https://${host}/`), headers: {} };
    const refused: unknown = await client()
      .request(request)
      .catch((error: unknown) => error);
    expect(networkError('x', host, refused)).toMatchObject({ code: 'E_AUTH' });
    const { body } = await client({ ca: readFileSync(cert) }).request(request);
    expect(String(body)).toBe('yes');
  });

  it('that is to be secret goes to nobody who knows no secrets', async () => {
    const { host } = await server();
    const url = new URL(`https://${host}/`);
    const error: unknown = await client()
      .request({ method: 'GET', url, headers: {} })
      .catch((cause: unknown) => cause);
    expect(networkError('x', host, error)).toMatchObject({ code: 'E_STORE' });
  });

  it('of a method without content has none', async () => {
    const { host, requests } = await server();
    const url = new URL(`http://${host}/a`);
    expect((await client().request({ method: 'DELETE', url, headers: {} })).status).toBe(200);
    expect(requests).toEqual(['DELETE /a']);
  });

  it('tells what cannot be read here from what is wrong on the way', async () => {
    const { host } = await server();
    const folder = await open(tmpdir());
    onTestFinished(async () => await folder.close());
    // As from a disk with an error: a folder is opened, and not read.
    const read = async (_: number, length: number): Promise<Buffer> =>
      (await folder.read(Buffer.alloc(length))).buffer;
    const body = { sizeBytes: 100, read };
    const asked = client().request({ method: 'PUT', url: new URL(`http://${host}/`), headers: {}, body });
    await expect(asked).rejects.toBeInstanceOf(UnreadableError);
    await expect(asked).rejects.toMatchObject({ code: 'E_STORE', cause: { code: 'EISDIR' } });
  });

  it('on a slow line waits for as long as bytes are on their way', async () => {
    const slow = createServer((request, response) => {
      let length = 0;
      request.on('data', (bytes: Buffer) => {
        length += bytes.length;
        request.pause();
        setTimeout(() => request.resume(), (bytes.length / 65_536) * 45);
      });
      request.on('end', () => response.end(String(length)));
    });
    onTestFinished(() => {
      slow.closeAllConnections();
      slow.close();
    });
    await once(slow.listen(0, '127.0.0.1'), 'listening');
    const url = new URL(`http://127.0.0.1:${(slow.address() as AddressInfo).port}/`);
    // More than the system keeps for itself, which takes longer to be read than the silence that is allowed.
    const body = Buffer.alloc(8 * 1024 * 1024);
    const answer = await client({ silenceMs: 1500 }).request({ method: 'PUT', url, headers: {}, body });
    expect(String(answer.body)).toBe(String(body.length));
  });
});
