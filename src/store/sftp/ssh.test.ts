import { describe, expect, it } from 'vitest';
import { sftpPlace } from './place.ts';
import { sshCommand, sshError } from './ssh.ts';

const PLACE = sftpPlace('sftp://me@nas:2222/backup');

describe('sshCommand()', () => {
  it('asks the ssh of the system for SFTP, without questions', () => {
    const [program, args] = sshCommand(PLACE, undefined);
    expect(program).toBe('ssh');
    expect(args.slice(0, 2)).toEqual(['-o', 'BatchMode=yes']);
    expect(args.slice(-8)).toEqual(['-l', 'me', '-p', '2222', '-s', '--', 'nas', 'sftp']);
    // What the user's configuration says is left to it.
    expect(sshCommand(sftpPlace('sftp://nas/x'), undefined)[1].slice(-5)).toEqual(
      ['RequestTTY=no', '-o', 'ServerAliveCountMax=3', '-o', 'ServerAliveInterval=15']
        .concat(['-s', '--', 'nas', 'sftp'])
        .slice(-5),
    );
  });

  it.each([
    ['ssh -F none', ['ssh', '-F', 'none']],
    [`"/my programs/ssh"  -i '/a "b"/key'`, ['/my programs/ssh', '-i', '/a "b"/key']],
    [`ssh -o Proxy="a b"c`, ['ssh', '-o', 'Proxy=a bc']],
    [String.raw`C:\ssh.exe`, [String.raw`C:\ssh.exe`]],
  ])('takes %s for the words %j', (chosen, words) => {
    const [program, args] = sshCommand(PLACE, chosen);
    expect([program, ...args].slice(0, words.length)).toEqual(words);
  });
});

describe('sshError()', () => {
  it.each([
    ['me@nas: Permission denied (publickey,password).', 'E_AUTH', 'does not let this user in'],
    [
      'Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures',
      'E_AUTH',
      'does not let',
    ],
    [
      'No ED25519 host key is known for nas and you have requested strict checking.\nHost key verification failed.',
      'E_AUTH',
      'does not know the key',
    ],
    // The jump host, which ssh names by this.
    [
      'j@jump: Permission denied (publickey).\r\nConnection closed by UNKNOWN port 65535',
      'E_AUTH',
      'does not let',
    ],
    ['ssh: Could not resolve hostname nas: Temporary failure in name resolution', 'E_AWAY', 'no such host'],
    ['ssh: connect to host nas port 22: No route to host', 'E_AWAY', 'cannot be reached'],
    ['ssh: connect to host nas port 22: Connection timed out', 'E_AWAY', 'no answer in time'],
    ['Timeout, server nas not responding.', 'E_AWAY', 'no answer in time'],
    ['kex_exchange_identification: Connection closed by remote host', 'E_AWAY', 'was cut'],
    ['client_loop: send disconnect: Broken pipe', 'E_AWAY', 'was cut'],
    ['channel 0: open failed: connect failed: x\nstdio forwarding failed', 'E_AWAY', 'was cut'],
    ['subsystem request failed on channel 0', 'E_STORE', 'offers no SFTP'],
    [
      '/home/me/.ssh/config: terminating, 1 bad configuration options',
      'E_STORE',
      'does not take its configuration',
    ],
    ['what nobody knows', 'E_STORE', 'what nobody knows'],
    ['', 'E_STORE', 'ssh ended with status 255'],
  ])('of a connection that never was: %j is %s', (said, code, message) => {
    const error = sshError(PLACE, { status: 255, said, hasSpoken: false });
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
      hint: expect.any(String) as string,
    });
    expect(error.message).toContain('sftp://me@nas:2222/backup');
  });

  it('of a connection that worked is one of the network', () => {
    expect(sshError(PLACE, { status: 255, said: '', hasSpoken: true })).toMatchObject({ code: 'E_AWAY' });
  });

  it('obeys nothing that the other side says', () => {
    const said = '\u001B[2Jgone';
    expect(sshError(PLACE, { status: 1, said, hasSpoken: false }).message).not.toContain('\u001B');
  });
});
