import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { followTls, readTls } from './tls.ts';

const folder = mkdtempSync(join(tmpdir(), 'tls-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/** Makes `NAME.pem` and `NAME.key`. */
function make(name: string): void {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)];
  execFileSync('openssl', ['req', '-x509', ...kind, ...files, '-subj', `/CN=${name}`], { stdio: 'ignore' });
}

/** What the certificate of the server there is called. */
async function nameAt(port: number): Promise<unknown> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

describe('the certificate of a server', () => {
  beforeAll(() => {
    make('old');
    make('new');
    writeFileSync(at('text'), 'no certificate');
  });

  it.each([
    ['old.pem', undefined, /go together/],
    ['nowhere', 'old.key', /Cannot read ".*nowhere": no such file/],
    ['text', 'old.key', /text" is no certificate in PEM/],
    ['old.pem', 'text', /text" is no key in PEM/],
    ['old.pem', 'new.key', /new\.key" is not the key of the certificate ".*old\.pem"/],
  ])('is refused with what is wrong: %s, %s', async (cert, key, why) => {
    const files = { cert: at(cert), key: key === undefined ? undefined : at(key) };
    await expect(readTls(files)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(why),
    });
  });

  it('is read anew when it changes; what cannot be used is told, and changes nothing', async () => {
    const files = { cert: at('cert.pem'), key: at('key.pem') };
    copyFileSync(at('old.pem'), files.cert);
    copyFileSync(at('old.key'), files.key);
    const tls = await readTls(files);
    if (tls === undefined) throw new Error('no certificate');
    const server = createServer({ cert: tls.cert, key: tls.key });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const told = new EventEmitter();
    const errors: unknown[] = [];
    const end = followTls(server, files, tls, (error) => {
      errors.push(error);
      told.emit('error-told');
    });
    onTestFinished(() => {
      end();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    expect(await nameAt(port)).toBe('old');

    copyFileSync(at('new.pem'), files.cert);
    await once(told, 'error-told');
    expect(String(errors[0])).toMatch(/of before stays in use: .*is not the key/);
    expect(await nameAt(port)).toBe('old');

    copyFileSync(at('new.key'), files.key);
    while ((await nameAt(port)) !== 'new');
    expect(errors).toHaveLength(1);
  });
});
