import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Message } from './channel.ts';
import { deliver } from './deliver.ts';
import { silentPort } from './notices.lab.ts';
import { isAddress, mail, mailServer } from './mail.ts';

const MESSAGE: Message = {
  moment: 'failure',
  title: 'Backup on büro: failed',
  text: 'letters: FAILED\n.\nend',
  payload: {},
};
const ONCE = { limitMs: 20_000, pausesMs: [] };

interface Sink {
  readonly port: number;
  readonly mails: string[];
}

async function sink(options: SMTPServerOptions = {}): Promise<Sink> {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString());
        done();
      });
    },
    ...options,
  });
  // Of clients that hang up.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(() => server.close());
  return { port: (server.server.address() as AddressInfo).port, mails };
}

describe('mail()', () => {
  it('reaches a mail server, with the title as its subject', async () => {
    const { port, mails } = await sink();
    const server = mailServer(`smtp://127.0.0.1:${port}?from=backup@example.org`);
    expect(await deliver(mail('anna@example.org', server), MESSAGE, ONCE)).toBeUndefined();
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatch(/^From: backup@example\.org\r$/m);
    expect(mails[0]).toMatch(/^To: anna@example\.org\r$/m);
    expect(mails[0]).toMatch(/^Subject: =\?UTF-8\?.*b=C3=BCro/m);
    expect(mails[0]).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(mails[0]).toMatch(/\r\nletters: FAILED\r\n\.\r\nend\r\n/);
  });

  it('logs in, and says so when that is refused, without the password', async () => {
    const passwords: unknown[] = [];
    const { port, mails } = await sink({
      onAuth({ username, password }, _session, done) {
        passwords.push(`${username}/${password}`);
        done(null, password === 'p@ss' ? { user: username } : undefined);
      },
    });
    const right = mailServer(`smtp://anna%40example.org:p%40ss@127.0.0.1:${port}`);
    expect(await deliver(mail('anna@example.org', right), MESSAGE, ONCE)).toBeUndefined();
    expect(passwords).toEqual(['anna@example.org/p@ss']);
    expect(mails[0]).toMatch(/^From: anna@example\.org\r$/m);
    const wrong = mailServer(`smtp://anna%40example.org:s3cret@127.0.0.1:${port}`);
    // Trying again would lock the account.
    const failure = await deliver(mail('anna@example.org', wrong), MESSAGE, { ...ONCE, pausesMs: [1, 1] });
    expect(failure?.message).toBe(
      'Cannot send the notice, mail to anna@example.org: the server refuses the password: 535',
    );
    expect(passwords).toHaveLength(2);
  });

  it.each([
    [451, 3],
    [550, 1],
    [500, 1],
  ])('tries again after %i: %i times in all', async (responseCode, tries) => {
    let tried = 0;
    const { port } = await sink({
      onRcptTo(_address, _session, done) {
        tried += 1;
        done(Object.assign(new Error('no'), { responseCode }));
      },
    });
    const channel = mail('anna@example.org', mailServer(`smtp://127.0.0.1:${port}`));
    const failure = await deliver(channel, MESSAGE, { ...ONCE, pausesMs: [1, 1] });
    expect(failure?.message).toContain(`the server refuses the mail: ${responseCode}`);
    expect(tried).toBe(tries);
  });

  it('gives up on a server that says nothing', async () => {
    const channel = mail('anna@example.org', mailServer(`smtp://127.0.0.1:${await silentPort()}`));
    const failure = await deliver(channel, MESSAGE, { limitMs: 100, pausesMs: [] });
    expect(failure?.message).toMatch(/: no answer within 0\.1 seconds$/);
  });

  it('speaks TLS to `smtps:`, and trusts no certificate that nobody vouches for', async () => {
    const { port, mails } = await sink({ secure: true });
    const server = mailServer(`smtps://anna:secret@127.0.0.1:${port}`);
    const failure = await deliver(mail('anna@example.org', server), MESSAGE, ONCE);
    expect(failure?.message).toMatch(/certificate/i);
    expect(mails).toEqual([]);
  });
});

describe('isAddress()', () => {
  it.each(['a@b', 'a.b+c@d.example'])('%s is one', (text) => expect(isAddress(text)).toBe(true));
  it.each(['a', '@b', 'a@', 'a@b@c', 'a@b,c@d', 'A <a@b>', ' a@b', 'a@b\n', '"a"@b'])(
    '%j is none',
    (text) => {
      expect(isAddress(text)).toBe(false);
    },
  );
});

describe('mailServer()', () => {
  it.each([
    ['smtps://a:b@mail.example', { port: 465, secure: true, requireTLS: false, ignoreTLS: false }],
    ['smtp://a:b@mail.example', { port: 587, secure: false, requireTLS: true, ignoreTLS: false }],
    ['smtp://mail.example:25', { port: 25, secure: false, requireTLS: false, ignoreTLS: false }],
    ['smtp://localhost:25', { port: 25, secure: false, requireTLS: false, ignoreTLS: true }],
    ['smtp://a:b@127.0.0.1', { host: '127.0.0.1', requireTLS: false, ignoreTLS: true }],
    // Of another machine, whatever its name begins with.
    ['smtp://a:b@localhost.example', { requireTLS: true, ignoreTLS: false }],
    ['smtps://a:b@localhost', { port: 465, ignoreTLS: false }],
    ['smtps://mail.example', { auth: undefined }],
    ['smtps://a%40b:100%@mail.example', { auth: { user: 'a@b', pass: '100%' } }],
    ['smtp://[::1]:25', { host: '::1', ignoreTLS: true }],
  ])('reads %s', (address, expected) => {
    expect(mailServer(address, 'pc')).toMatchObject(expected);
  });

  it.each<[string, string]>([
    ['smtps://anna%40example.org:x@mail.example', 'anna@example.org'],
    ['smtps://anna:x@mail.example', 'snapshot@pc'],
    ['smtps://anna:x@mail.example?from=b@example.org', 'b@example.org'],
  ])('takes from %s the sender %s', (address, from) => {
    expect(mailServer(address, 'pc').from).toBe(from);
  });

  it.each(['', 'secret', 'https://a:secret@host', 'smtps://', 'smtps://secret:x@host?from=secret'])(
    'refuses "%s" without repeating it',
    (address) => {
      let error: unknown;
      try {
        mailServer(address);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: 'E_USAGE' });
      expect(String(error)).not.toContain('secret');
    },
  );
});
