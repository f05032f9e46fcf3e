import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Message } from './channel.ts';
import { desktop, desktopCommand } from './desktop.ts';
import { pingUrl } from './healthchecks.ts';
import { webServer } from './notices.lab.ts';
import { type MailServer, mailServer } from './mail.ts';
import { ntfyPost, topicOf } from './ntfy.ts';
import { openChannel } from './open-channel.ts';
import { refusalOf } from './post.ts';

const MESSAGE: Message = {
  moment: 'failure',
  title: 'Backup on büro: failed',
  text: 'letters: <b>FAILED</b> & more',
  payload: { version: 1, name: 'ü' },
};

const noServer = async (): Promise<never> => await Promise.reject(new Error('no mail server'));
const ownServer = async (): Promise<MailServer> => await Promise.resolve(mailServer('smtp://localhost'));

async function sendTo(address: string, message: Message = MESSAGE): Promise<void> {
  const channel = await openChannel(address, noServer);
  await channel.send(message, new AbortController().signal);
}

describe('openChannel()', () => {
  it('pings a check: the path says what happened, the body what to read', async () => {
    const { origin, received } = await webServer();
    const address = `healthchecks:${origin}/uuid`;
    for (const moment of ['start', 'success', 'failure', 'log'] as const)
      await sendTo(address, { ...MESSAGE, moment });
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /uuid/start',
      'POST /uuid',
      'POST /uuid/fail',
      'POST /uuid/log',
    ]);
    expect(received[2]?.body).toBe('Backup on büro: failed\n\nletters: <b>FAILED</b> & more');
  });

  it('posts to a topic as JSON, whatever letters are in it', async () => {
    const { origin, received } = await webServer();
    await sendTo(`ntfy:${origin}/my-topic`);
    const [{ method, path, type, body } = { body: '' } as never] = received;
    expect({ method, path, type }).toEqual({ method: 'POST', path: '/', type: 'application/json' });
    expect(JSON.parse(body)).toMatchObject({
      topic: 'my-topic',
      title: MESSAGE.title,
      message: MESSAGE.text,
      priority: 4,
      tags: ['warning'],
    });
  });

  it('posts the payload to a webhook, with the user and password of its address in a header', async () => {
    const { origin, received } = await webServer();
    await sendTo(`webhook:${origin.replace('//', '//anna:p%40ss@')}/hook?a=b`);
    expect(received).toEqual([
      {
        method: 'POST',
        path: '/hook?a=b',
        authorization: `Basic ${Buffer.from('anna:p@ss').toString('base64')}`,
        type: 'application/json',
        body: '{"version":1,"name":"ü"}',
      },
    ]);
  });

  it.each([
    ['https://hc-ping.com/secret', /does not say what is there/],
    ['telegram:secret', /no kind that is known/],
    ['secret', /no kind that is known/],
    ['webhook:secret', /begins with `https:/],
    ['webhook:ftp://host/secret', /begins with `https:/],
    ['ntfy:https://ntfy.sh', /one topic/],
    ['ntfy:https://ntfy.sh/a/secret', /one topic/],
    ['mailto:secret', /one address/],
    ['mailto:a@example.org,secret@example.org', /one address/],
    ['desktop:secret', /nothing after/],
  ])('refuses %s, and does not repeat what may be secret', async (address, message) => {
    const error: unknown = await openChannel(address, noServer).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('secret');
  });

  it.each([
    ['ntfy:https://anna:secret@ntfy.sh/secret', 'ntfy at ntfy.sh', false],
    ['healthchecks:https://hc-ping.com/secret', 'healthchecks at hc-ping.com', true],
    ['webhook:http://host:8080/secret?key=secret', 'webhook at host:8080', false],
    ['desktop:', 'desktop', false],
  ])('has no secret in the label of %s, which goes into logs', async (address, label, isMonitor) => {
    expect(await openChannel(address, noServer)).toMatchObject({ label, isMonitor });
  });

  it('sends mail by the server that is named for it', async () => {
    const channel = await openChannel('mailto:anna@example.org', ownServer);
    expect(channel).toMatchObject({ label: 'mail to anna@example.org', isMonitor: false });
    await expect(openChannel('mailto:anna@example.org', noServer)).rejects.toThrow('no mail server');
  });
});

describe('pingUrl()', () => {
  it.each([
    ['https://hc.example/uuid/', 'https://hc.example/uuid/fail'],
    ['https://hc.example/ping/key/slug?create=1', 'https://hc.example/ping/key/slug/fail?create=1'],
  ])('makes of %s %s', (check, url) => {
    expect(pingUrl(new URL(check), 'failure').href).toBe(url);
  });
});

describe('topicOf()', () => {
  it.each([
    ['/topic', 'topic'],
    ['/my-topic_1/', 'my-topic_1'],
    [`/${'x'.repeat(64)}`, 'x'.repeat(64)],
    [`/${'x'.repeat(65)}`, undefined],
    ['/', undefined],
    ['/a/b', undefined],
    ['/a%20b', undefined],
  ])('of %s is %s', (path, topic) => {
    expect(topicOf(new URL(path, 'https://ntfy.sh'))).toBe(topic);
  });
});

describe('ntfyPost()', () => {
  it('takes a text whole as long as it fits, and makes no noise of what went well', () => {
    const url = new URL('https://ntfy.sh/topic?auth=x');
    for (const length of [4000, 4001]) {
      const { body, url: to } = ntfyPost(url, { ...MESSAGE, moment: 'success', text: 'x'.repeat(length) });
      const message = length === 4000 ? 'x'.repeat(4000) : `${'x'.repeat(4000)}\n...`;
      expect(JSON.parse(body)).toMatchObject({ message, priority: 3, tags: [] });
      expect(to.href).toBe('https://ntfy.sh/?auth=x');
    }
  });

  it('keeps below 4096 bytes, and cuts no letter in two', () => {
    const text = `x${'ü'.repeat(5000)}`;
    const { body } = ntfyPost(new URL('https://ntfy.sh/topic'), { ...MESSAGE, text });
    const { message } = JSON.parse(body) as { message: string };
    expect(Buffer.byteLength(message)).toBeLessThan(4096);
    expect(message).toMatch(/^xü+\n\.\.\.$/);
  });
});

describe('refusalOf()', () => {
  it.each([
    [199, true],
    [200, undefined],
    [299, undefined],
    [300, true],
    [399, true],
    [400, true],
    [404, true],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
  ])('of %i is final: %s', (status, isFinal) => {
    expect(refusalOf(status)?.isFinal).toBe(isFinal);
  });

  it('names the server that it redirects to, and not its whole address', () => {
    expect(refusalOf(302, 'https://new.example/secret')?.message).toBe(
      'the server redirects to https://new.example; give the address that it redirects to',
    );
    for (const location of [undefined, '/secret'])
      expect(refusalOf(302, location)?.message).toBe(
        'the server redirects; give the address that it redirects to',
      );
    expect(refusalOf(400)?.message).toBe('the server answers 400');
  });
});

describe('desktopCommand()', () => {
  it('gives notify-send arguments, with markup spelled out, and finds the bus for cron', () => {
    expect(desktopCommand({ platform: 'linux', env: {}, uid: 1000 }, MESSAGE)).toEqual({
      file: 'notify-send',
      args: [
        '--app-name=snapshot',
        '--urgency=critical',
        '--',
        'Backup on büro: failed',
        'letters: &lt;b&gt;FAILED&lt;/b&gt; &amp; more',
      ],
      env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' },
    });
  });

  it.each([
    [300, 'x'.repeat(300)],
    [301, `${'x'.repeat(300)}...`],
  ])('shows the beginning of a text of %i letters', (length, shown) => {
    const message = { ...MESSAGE, moment: 'log', text: 'x'.repeat(length) } as const;
    const { args } = desktopCommand({ platform: 'linux', env: {}, uid: 1000 }, message);
    expect(args.slice(1)).toEqual(['--urgency=normal', '--', MESSAGE.title, shown]);
  });

  it('leaves a bus that is named alone', () => {
    const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=x' };
    expect(desktopCommand({ platform: 'linux', env, uid: 1 }, MESSAGE).env).toEqual({});
  });

  it('has no word of the message in a script, on macOS and Windows', () => {
    const message = { ...MESSAGE, title: '"; do shell script "x', text: '$(calc)' };
    const mac = desktopCommand({ platform: 'darwin', env: {}, uid: 501 }, message);
    expect(mac.file).toBe('/usr/bin/osascript');
    expect(mac.args.slice(-2)).toEqual([message.title, message.text]);
    expect(mac.args.slice(0, -2).join('\n')).toBe(
      '-e\non run argv\n-e\ndisplay notification (item 2 of argv) with title (item 1 of argv)\n-e\nend run',
    );
    const windows = desktopCommand(
      { platform: 'win32', env: { SystemRoot: 'D:\\Windows' }, uid: 0 },
      message,
    );
    expect(windows.file).toBe('D:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe');
    expect(windows.args.join(' ')).not.toMatch(/calc|do shell|"/);
    expect(windows.env).toEqual({ SNAPSHOT_TITLE: message.title, SNAPSHOT_TEXT: message.text });
  });
});

describe.skipIf(process.platform === 'win32')('desktop()', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapshot-desktop-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
  });

  /** Shows the message on a desktop whose programs are those in `folder`. */
  async function show(): Promise<void> {
    const env = { PATH: folder, DBUS_SESSION_BUS_ADDRESS: undefined };
    await desktop({ platform: 'linux', env, uid: 1000 }).send(MESSAGE, new AbortController().signal);
  }

  function program(...lines: readonly string[]): void {
    writeFileSync(join(folder, 'notify-send'), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  }

  it('hands title, text and the bus of the session to the program that shows them', async () => {
    const told = join(folder, 'told');
    program(`printf '%s\\n' "$@" "$DBUS_SESSION_BUS_ADDRESS" > '${told}'`);
    await show();
    const lines = readFileSync(told, 'utf8').split('\n');
    expect(lines.slice(-5)).toEqual([
      '--',
      MESSAGE.title,
      'letters: &lt;b&gt;FAILED&lt;/b&gt; &amp; more',
      'unix:path=/run/user/1000/bus',
      '',
    ]);
  });

  it('does not try again where there is no such program, but where it fails', async () => {
    await expect(show()).rejects.toMatchObject({
      code: 'E_HOST',
      isFinal: true,
      message: expect.stringContaining('notify-send'),
    });
    program('exit 1');
    const error: unknown = await show().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 1 });
  });
});
