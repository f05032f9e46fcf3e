// Who is not let in, and who is not there: what the user is told.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { noSftp, SftpServer } from '../../../test/support/servers/sftp.ts';
import { openSftp } from './sftp-objects.ts';

/** What becomes of looking at `address`. */
async function failure(address: string, ssh: string): Promise<unknown> {
  vi.stubEnv('SNAPSHOT_SSH', ssh);
  onTestFinished(() => void vi.unstubAllEnvs());
  const objects = await openSftp(address);
  try {
    return await objects.list('').then(
      () => undefined,
      (error: unknown) => error,
    );
  } finally {
    await objects.close();
  }
}

const why = noSftp();

describe.skipIf(why !== undefined)(why ?? 'a connection to a server', () => {
  let server: SftpServer;
  beforeAll(async () => {
    server = await SftpServer.start('plain');
  });
  afterAll(async () => await server.stop());

  it('is made with a key', async () => {
    expect(await failure(server.address(''), server.ssh)).toBeUndefined();
  });

  it('is refused without one that the server knows', async () => {
    const key = join(server.root, 'host');
    const error = await failure(server.address('x'), server.ssh.replace(/-i \S+/, `-i ${key}`));
    expect(error).toMatchObject({
      code: 'E_AUTH',
      message: expect.stringContaining('does not let this user in') as string,
      hint: expect.stringContaining('ssh-copy-id') as string,
    });
  });

  it('is not made to a host whose key is unknown, or another one', async () => {
    const known = join(server.root, 'other');
    const ssh = server.ssh.replace(/KnownHostsFile=\S+/, `KnownHostsFile=${known}`);
    writeFileSync(known, '');
    expect(await failure(server.address('x'), ssh)).toMatchObject({
      code: 'E_AUTH',
      message: expect.stringContaining('does not know the key of this host') as string,
    });
    const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
    writeFileSync(known, `[127.0.0.1]:${server.port} ${other}\n`);
    expect(await failure(server.address('x'), ssh)).toMatchObject({
      code: 'E_AUTH',
      message: expect.stringContaining('has another key') as string,
      hint: expect.stringContaining('in between') as string,
    });
  });

  it('has to be SFTP', async () => {
    const ssh = `${server.ssh} -o RemoteCommand=none`;
    vi.stubEnv('SNAPSHOT_SSH', ssh);
    // ssh takes its options from both sides; the first wish for a port wins.
    const error = await failure(server.address('x'), `sh -c 'echo welcome; exec cat'`);
    expect(error).toMatchObject({
      code: 'E_STORE',
      message: expect.stringMatching(/is no SFTP: `welcome/) as string,
    });
  });

  it('ends with the words of ssh when it says what we do not know', async () => {
    const error = await failure(server.address('x'), `sh -c 'echo "all is lost" >&2; exit 7'`);
    expect(error).toMatchObject({
      code: 'E_STORE',
      message: expect.stringMatching(/all is lost/) as string,
      hint: expect.stringContaining(`ssh -p ${server.port}`) as string,
    });
  });
});

it.each([
  ['sftp://127.0.0.1:1/x', 'ssh -F none', 'E_AWAY', 'nobody answers there'],
  ['sftp://host.invalid/x', 'ssh -F none', 'E_AWAY', 'no such host'],
  ['sftp://host/x', 'ssh -F /no/such/file', 'E_STORE', '/no/such/file'],
  ['sftp://host/x', '/no/such/ssh', 'E_HOST', 'Cannot start "/no/such/ssh"'],
  ['sftp://host/x', `ssh 'x`, 'E_USAGE', 'quote'],
])('%s by `%s` is %s: %s', async (address, ssh, code, message) => {
  const error = await failure(address, ssh);
  expect(error).toMatchObject({
    code,
    message: expect.stringContaining(message) as string,
  });
});
