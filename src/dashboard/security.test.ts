// Who is let in, and who is not. Each of these was seen red with its check taken out.
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Lab } from './dashboard.lab.ts';
import { openDashboard } from './server.ts';

describe('the dashboard', () => {
  it.each(['GET', 'POST'])(
    'refuses a %s by another name, as of a page whose name leads here',
    async (method) => {
      const lab = await Lab.open();
      for (const Host of [
        'evil.example',
        'evil.example:8401',
        '192.168.1.2:8401',
        '127.0.0.1.evil.example',
      ]) {
        const answer = await lab.ask(method, method === 'GET' ? '/' : '/v1/session', { headers: { Host } });
        expect({ Host, status: answer.status }).toEqual({ Host, status: 421 });
      }
      for (const Host of ['localhost', 'localhost:8401', '127.0.0.1:1', '[::1]:8401'])
        expect((await lab.ask('GET', '/', { headers: { Host } })).status).toBe(200);
    },
  );

  it('tells nothing without a token, or with a wrong one', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    const paths = [
      'about',
      'overview',
      `rows/${id}`,
      `rows/${id}/files`,
      'log',
      'schedule',
      'events',
      'nothing',
    ];
    for (const token of ['', 'snap_000000000000_wrong', `${lab.token}x`]) {
      for (const path of paths)
        expect({ path, status: (await lab.ask('GET', `/v1/${path}`, { token })).status }).toEqual({
          path,
          status: 401,
        });
      const run = await lab.ask('POST', `/v1/rows/${id}/run`, { token, body: {} });
      expect(run.status).toBe(401);
    }
    expect((await lab.ask('GET', '/v1/overview', { headers: { Cookie: lab.token }, token: '' })).status).toBe(
      401,
    );
  });

  it('takes a code once, and then another one only', async () => {
    const lab = await Lab.open();
    const [used = ''] = lab.urls.map((url) => url.split('=')[1]);
    expect(lab.urls).toHaveLength(2);
    const again = await lab.ask('POST', '/v1/session', { body: { code: used } });
    expect(again).toMatchObject({
      status: 403,
      json: { error: expect.stringContaining('used already') as string },
    });
    expect((await lab.ask('POST', '/v1/session', { body: { code: 'AAAA' } })).status).toBe(403);
    // Anybody may send one: it is not read to its end.
    const long = { code: 'A'.repeat(5000) };
    expect((await lab.ask('POST', '/v1/session', { body: long })).status).toBe(413);
    expect((await lab.ask('POST', '/v1/session', { body: { code: lab.code().toLowerCase() } })).status).toBe(
      201,
    );
  });

  it('refuses requests of other pages, and bodies that a form can send', async () => {
    const lab = await Lab.open();
    const path = `/v1/rows/${await lab.row()}/run`;
    for (const Origin of ['https://evil.example', 'http://127.0.0.1:1', 'null']) {
      expect((await lab.ask('POST', path, { headers: { Origin }, body: {} })).status).toBe(403);
      expect((await lab.ask('GET', '/v1/overview', { headers: { Origin } })).status).toBe(403);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json-x'])
      expect((await lab.ask('POST', path, { headers: { 'Content-Type': type }, body: '{}' })).status).toBe(
        415,
      );
    const own = await lab.ask('GET', '/v1/about', {
      headers: { Origin: lab.dashboard.url, Host: new URL(lab.dashboard.url).host },
    });
    expect(own.status).toBe(200);
    expect(own.headers).not.toHaveProperty('access-control-allow-origin');
    expect((await lab.ask('OPTIONS', path)).status).toBe(405);
  });

  it('gives a download for a ticket once, without a token, and as what no page runs', async () => {
    const lab = await Lab.open();
    const { json } = await lab.ask('POST', `/v1/rows/${await lab.row()}/tickets`, {
      body: { at: 'latest', path: 'note.txt', as: 'file' },
    });
    const { url } = json as { url: string };
    expect((await lab.ask('HEAD', url, { token: '' })).status).toBe(405);
    const first = await lab.ask('GET', url, { token: '' });
    expect({ status: first.status, text: first.bytes.toString() }).toEqual({ status: 200, text: 'one' });
    expect(first.headers).toMatchObject({
      'content-disposition': "attachment; filename*=UTF-8''note.txt",
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    expect((await lab.ask('GET', url)).status).toBe(403);
  });

  it('restores below its folder only', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    mkdirSync(lab.path('outside'));
    symlinkSync(lab.path('outside'), join(lab.restored, 'link'));
    const folders = [
      '..',
      '../outside',
      'a/../../outside',
      '/etc',
      'C:/x',
      String.raw`a\..\..\b`,
      'a//b',
      '',
      '%2e%2e/b',
      'con',
      'link',
      'link/deeper',
    ];
    for (const folder of folders) {
      const body = { at: 'latest', path: '', folder, overwrite: 'never' };
      const { status } = await lab.ask('POST', `/v1/rows/${id}/restore`, { body });
      expect({ folder, isRefused: status === 403 || status === 400 }).toEqual({ folder, isRefused: true });
    }
    expect(readdirSync(lab.restored)).toEqual(['link']);
    expect(readdirSync(lab.path('outside'))).toEqual([]);
  });

  it('restores nothing when no folder was chosen', async () => {
    const lab = await Lab.open({ restores: false });
    const body = { at: 'latest', path: '', folder: 'x', overwrite: 'never' };
    const { status, json } = await lab.ask('POST', `/v1/rows/${await lab.row()}/restore`, { body });
    expect({ status, json }).toEqual({
      status: 403,
      json: { error: expect.stringContaining('--restore-to') as string },
    });
  });

  it('shows and hands out what a snapshot has, and nothing else', async () => {
    const lab = await Lab.open();
    const id = await lab.row();
    lab.write('later.txt', 'not in the snapshot');
    for (const path of [
      '..',
      '../../etc',
      '%2E%2E/%2E%2E/etc',
      '/etc',
      'photos/../note.txt',
      'a%00b',
      '%zz',
    ]) {
      const { status } = await lab.ask('GET', `/v1/rows/${id}/files?path=${encodeURIComponent(path)}`);
      expect({ path, status }).toEqual({ path, status: 400 });
    }
    const body = { at: 'latest', path: 'later.txt', as: 'file' };
    expect((await lab.ask('POST', `/v1/rows/${id}/tickets`, { body })).status).toBe(404);
    for (const path of ['/assets/../../../package.json', '/..%2f..%2fpackage.json', '/package.json'])
      expect((await lab.ask('GET', path)).status).toBe(404);
  });

  it('sends its page with a policy that lets nothing else in', async () => {
    const lab = await Lab.open();
    const { status, headers } = await lab.ask('GET', '/', { token: '' });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /^default-src 'self';.*frame-ancestors 'none'/,
      ) as string,
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
  });

  it('listens on this machine only', async () => {
    const options = {
      plan: 'plan.csv',
      restoreTo: undefined,
      log: undefined,
      onUrl: () => {},
      onError: () => {},
    };
    for (const listen of ['0.0.0.0:8401', ':8401', '192.168.1.2:8401', '[::]:8401'])
      await expect(openDashboard({ ...options, listen })).rejects.toThrow('for this machine alone');
    await expect(openDashboard({ ...options, listen: '0', restoreTo: '/nowhere/at/all' })).rejects.toThrow(
      '--restore-to "/nowhere/at/all": no such file or folder',
    );
  });
});
