// What `snapshot serve` has for its pages: lists, tickets, zips, and the pages themselves; with curl as the client.
import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { IS_WINDOWS, tool } from './support/command.ts';
import { Served, sha256 } from './support/served.ts';

const listOf = async (served: Served, token: string, query = ''): ReturnType<Served['curl']> =>
  await served.curl(`/v1/list${query}`, token);

const ticketOf = async (served: Served, token: string, what: object): ReturnType<Served['curl']> =>
  await served.curl('/v1/tickets', token, ['--json', JSON.stringify(what)]);

describe('/v1/list', () => {
  it('tells what a folder has, who uploaded it and when, also after it was renamed or the server started anew', async () => {
    const served = await Served.open(['--no-watch']);
    const token = await served.token();
    const before = Date.now();
    await served.curl('/upload?name=2026/a.jpg', token, ['--data-binary', 'one']);
    served.write('by-hand.txt', 'two');
    await served.curl('/sync', token, ['-X', 'POST']);
    const id = /^snap_([0-9a-f]+)_/.exec(token)?.[1];
    expect((await listOf(served, token)).json).toMatchObject({
      folder: '',
      folders: [{ name: '2026', path: '2026', files: 1, bytes: 3 }],
      files: [{ name: 'by-hand.txt', path: 'by-hand.txt', size: 3 }],
    });
    renameSync(served.file('2026/a.jpg'), served.file('2026/b.jpg'));
    await served.stop();
    await served.start();
    const { files } = (await listOf(served, token, '?folder=2026')).json as {
      files: readonly { readonly name: string; readonly by: string; readonly at: number }[];
    };
    expect(files).toMatchObject([{ name: 'b.jpg', by: id }]);
    expect(files[0]?.at).toBeGreaterThanOrEqual(before);
    expect((await served.curl('/v1/account', token)).json).toEqual({
      account: 'anna',
      scope: 'all',
      token: id,
      files: 2,
      bytes: 6,
    });
  });

  it('finds names, and comes in pages', async () => {
    const served = await Served.open();
    const token = await served.token();
    for (const name of ['a 1.txt', 'A 2.txt', 'b.txt'])
      await served.curl(`/upload?name=${encodeURIComponent(name)}`, token, ['--data-binary', name]);
    expect((await listOf(served, token, '?search=a%20')).json['files']).toHaveLength(2);
    const first = (await listOf(served, token, '?limit=2')).json;
    expect(first['files']).toMatchObject([{ name: 'A 2.txt' }, { name: 'a 1.txt' }]);
    const second = (await listOf(served, token, `?limit=2&after=${String(first['next'])}`)).json;
    expect(second).toMatchObject({ files: [{ name: 'b.txt' }] });
    expect(second['next']).toBeUndefined();
    for (const query of ['?limit=0', '?limit=1001', '?limit=x'])
      expect(await listOf(served, token, query)).toMatchObject({ status: 400 });
  });

  it('is not told to a token that may only upload, nor to another account, nor of what is outside', async () => {
    const served = await Served.open();
    await served.command(['user', 'add', served.folder, 'ben']);
    const [anna, blind] = [await served.token(), await served.token('upload')];
    const ben = await served.token('all', 'ben');
    await served.curl('/upload?name=secret/a.txt', anna, ['--data-binary', 'x']);
    for (const query of ['', '?folder=secret', '?search=a']) {
      expect(await listOf(served, blind, query)).toMatchObject({ status: 403 });
      expect((await listOf(served, ben, query)).json).toMatchObject({ folders: [], files: [] });
      expect(await served.curl(`/v1/list${query}`, undefined)).toMatchObject({ status: 401 });
    }
    for (const folder of ['..', '../ben', '%2e%2e', '/etc', 'C:/', 'a/../..', '%252e%252e'])
      expect((await listOf(served, anna, `?folder=${folder}`)).status).toBe(403);
    expect((await served.curl('/v1/account', blind)).json).toEqual({
      account: 'anna',
      scope: 'upload',
      token: expect.any(String) as unknown,
    });
    for (const what of [{ file: 'secret/a.txt' }, { folder: '' }, { folder: 'secret' }]) {
      expect(await ticketOf(served, blind, what)).toMatchObject({ status: 403 });
      expect(await ticketOf(served, ben, what)).toMatchObject({ status: 404 });
    }
    for (const what of [{ file: '../users.jsonl' }, { folder: '../..' }, { file: '/etc/passwd' }])
      expect(await ticketOf(served, anna, what)).toMatchObject({ status: 403 });
    for (const what of [{}, { file: 1 }])
      expect(await ticketOf(served, anna, what)).toMatchObject({ status: 400 });
  });
});

describe('/v1/tickets', () => {
  it('give a file or a folder once, without a header, and only while their token is good', async () => {
    const served = await Served.open(['--no-watch']);
    const token = await served.token('read');
    const writer = await served.token('upload');
    const content: Readonly<Record<string, string>> = {
      '2026/a.txt': 'a'.repeat(5000),
      '2026/sub/ö.txt': 'ö',
      '2026/empty': '',
    };
    for (const [name, text] of Object.entries(content)) {
      const file = served.place.path('one');
      writeFileSync(file, text);
      const to = `/upload?name=${encodeURIComponent(name)}&hash=sha256:${sha256(text)}`;
      expect(await served.curl(to, writer, ['-T', file, '-X', 'POST'])).toMatchObject({ status: 201 });
    }
    served.write('2026/gone.txt', 'gone');
    if (!IS_WINDOWS) served.write('2026/a:b', 'no name for all');
    await served.curl('/sync', token, ['-X', 'POST']);
    rmSync(served.file('2026/gone.txt'));
    symlinkSync('/etc/passwd', served.file('2026/gone.txt'));

    const one = String((await ticketOf(served, token, { file: '2026/a.txt' })).json['url']);
    expect(await served.curl(one, undefined, ['-I'])).toMatchObject({ status: 405 });
    expect(await served.curl(one, undefined)).toMatchObject({ status: 200, body: content['2026/a.txt'] });
    expect(await served.curl(one, undefined)).toMatchObject({ status: 403 });

    const zipUrl = String((await ticketOf(served, token, { folder: '2026' })).json['url']);
    const zip = served.place.path('a.zip');
    const head = await served.curl(zipUrl, undefined, ['-o', zip, '-D', '-']);
    expect(head.body.toLowerCase()).toContain("filename*=utf-8''2026.zip");
    expect(tool('unzip', ['-t', zip])).toMatch(/No errors detected/);
    const out = served.place.path('out');
    tool('unzip', ['-q', zip, '-d', out]);
    for (const [name, text] of Object.entries(content))
      expect(readFileSync(`${out}/${name}`, 'utf8')).toBe(text);
    const leftOut = readFileSync(`${out}/NOT IN THIS ZIP.txt`, 'utf8');
    expect(leftOut).toContain('2026/gone.txt: it cannot be read');
    if (!IS_WINDOWS) expect(leftOut).toContain('2026/a:b: not every system');
    expect(spawnSync('grep', ['-r', 'root:', out]).status).toBe(1);

    const late = String((await ticketOf(served, token, { folder: '' })).json['url']);
    await served.command(['token', 'revoke', served.folder, /^snap_([0-9a-f]+)_/.exec(token)?.[1] ?? '']);
    expect(await served.curl(late, undefined)).toMatchObject({ status: 403 });
    expect(await served.curl('/v1/tickets/none', undefined)).toMatchObject({ status: 403 });
    const log = readFileSync(`${served.folder}/var/access.log`, 'utf8');
    expect(log).toContain('/v1/tickets/...');
    for (const url of [one, zipUrl, late]) expect(log).not.toContain(url);
  });
});

describe('the pages', () => {
  it('come from the built command, with a policy, to names that it is called by only', async () => {
    const served = await Served.open();
    for (const page of ['/', '/library']) {
      const { status, body } = await served.curl(page, undefined, ['-D', '-']);
      expect(status).toBe(200);
      expect(body.toLowerCase()).toContain("content-security-policy: default-src 'self'");
      expect(body).not.toMatch(/<script>|<style|style=|https?:\/\/(?!www\.w3\.org)/);
      for (const [, asset = ''] of body.matchAll(/(?:src|href)="([^"]+)"/g)) {
        const answer = await served.curl(asset, undefined, ['-o', served.place.path('asset'), '-D', '-']);
        expect([asset, answer.status]).toEqual([asset, 200]);
        expect(answer.body.toLowerCase()).toMatch(/cache-control: [^\r\n]*immutable/);
        expect(answer.body.toLowerCase()).toContain('x-content-type-options: nosniff');
      }
      expect(await served.curl(page, undefined, ['-H', 'Host: evil.example'])).toMatchObject({ status: 421 });
    }
    for (const path of ['/assets/..%2fupload%2findex.html', '/assets/../../../package.json', '/assets/'])
      expect((await served.curl(path, undefined)).status).toBeGreaterThanOrEqual(400);
  });
});
