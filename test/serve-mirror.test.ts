// `snapshot serve mirror`, against `snapshot serve`.
import { connect, createServer } from 'node:net';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventsOf, IS_WINDOWS } from './support/command.ts';
import { hasExfat, mountedExfat } from './support/exfat.ts';
import { Followed, treeOf } from './support/followed.ts';
import { listening } from './support/listening.ts';
import { randomOf } from './support/history.ts';
import { Place } from './support/place.ts';
import { chosenSeed } from './support/seed.ts';
import { freePorts } from './support/servers/free-ports.ts';
import { type Served, sha256 } from './support/served.ts';

/** A library with some files, and a second one that has them. */
async function followed(more: readonly string[] = []): Promise<Followed> {
  const both = await Followed.open(more);
  const { served } = both;
  for (let i = 0; i < 6; i++) served.write(`a/${i}.jpg`, `photo ${i}`);
  served.write('ü/big.bin', 'big '.repeat(500_000));
  await both.sync();
  await both.round();
  return both;
}

describe('a second library', () => {
  it('has what the first one has, with its times, and then fetches nothing', async () => {
    const both = await Followed.open();
    const { served } = both;
    served.write('a/b/1.jpg', 'one');
    served.write('a/twin.jpg', 'one');
    served.write('empty', '');
    served.write('ü/name with %20 and #.txt', 'text');
    served.write('big', Buffer.alloc(3_000_000, 'snapshot '));
    utimesSync(served.file('a/b/1.jpg'), 1_500_000_000.25, 1_500_000_000.25);
    await both.sync();
    const { status, stdout, stderr } = await both.once();
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^anna: 4 fetched \(3 MB\), 1 copied here, 0 unchanged, /);
    const [there, here] = both.trees();
    expect(here).toEqual(there);
    expect([both.arriving(), both.versions()]).toEqual([[], {}]);
    expect(await both.round()).toMatchObject({ fetched: 0, copied: 0, unchanged: 5, versions: 0 });
  });

  it('moves what was moved, and copies what was copied, without a byte of it', async () => {
    const both = await followed();
    const { served } = both;
    renameSync(served.file('a'), served.file('sorted'));
    // As a log that is rotated: each takes the name of the next one.
    renameSync(served.file('sorted/1.jpg'), served.file('sorted/0.jpg'));
    renameSync(served.file('sorted/2.jpg'), served.file('sorted/1.jpg'));
    cpSync(served.file('ü/big.bin'), served.file('copy.bin'), { preserveTimestamps: true });
    await both.sync();
    expect(await both.round()).toMatchObject({ fetched: 0, bytes: 0, moved: 5, copied: 1, removed: 1 });
    const [there, here] = both.trees();
    expect(here).toEqual(there);
    expect(existsSync(both.file('a'))).toBe(false);
    expect(both.versions()).toEqual({ 'a/0.jpg': 'photo 0' });
  });

  it('gives names in turn, and a file the name of a folder and back', async () => {
    const both = await followed();
    const { served } = both;
    renameSync(served.file('a/0.jpg'), served.file('x'));
    renameSync(served.file('a/1.jpg'), served.file('a/0.jpg'));
    renameSync(served.file('x'), served.file('a/1.jpg'));
    renameSync(served.file('ü/big.bin'), served.file('x'));
    rmSync(served.file('ü'), { recursive: true });
    renameSync(served.file('x'), served.file('ü'));
    await both.sync();
    expect(await both.round()).toMatchObject({ fetched: 0, moved: 3 });
    expect(both.trees()[1]).toEqual(both.trees()[0]);
    rmSync(served.file('ü'));
    served.write('ü/deep/a', 'a');
    await both.sync();
    expect(await both.round()).toMatchObject({ fetched: 1, removed: 1 });
    expect(both.trees()[1]).toEqual(both.trees()[0]);
  });

  it('keeps what it replaces and removes, and sets another time', async () => {
    const both = await followed();
    const { served } = both;
    served.write('a/0.jpg', 'other');
    rmSync(served.file('a/1.jpg'));
    utimesSync(served.file('a/2.jpg'), 1_400_000_000, 1_400_000_000);
    await both.sync();
    expect(await both.round()).toMatchObject({
      fetched: 1,
      removed: 1,
      retimed: 1,
      versions: 2,
      unchanged: 4,
    });
    expect(both.trees()[1]).toEqual(both.trees()[0]);
    expect(both.versions()).toEqual({ 'a/0.jpg': 'photo 0', 'a/1.jpg': 'photo 1' });
  });

  it('loses nothing that somebody has done to it', async () => {
    const both = await followed();
    both.write('a/0.jpg', 'changed here');
    both.write('mine/new.txt', 'put here');
    rmSync(both.file('a/1.jpg'));
    expect(await both.round()).toMatchObject({ fetched: 2, removed: 1, versions: 2 });
    expect(both.trees()[1]).toEqual(both.trees()[0]);
    expect(both.versions()).toEqual({ 'a/0.jpg': 'changed here', 'mine/new.txt': 'put here' });
  });

  it.skipIf(IS_WINDOWS)('follows no link, and names what has the place of a file', async () => {
    const both = await followed();
    const outside = both.served.place.path('outside');
    mkdirSync(outside);
    symlinkSync(outside, both.file('linked'));
    symlinkSync('/nowhere', both.file('name'));
    both.served.write('linked/a', 'a');
    both.served.write('name', 'n');
    both.served.write('well', 'w');
    await both.sync();
    const { status, stdout, stderr } = await both.once();
    expect([status, stdout]).toEqual([3, expect.stringMatching(/^anna: 1 fetched/)]);
    expect(stderr).toMatch(/^linked\/a: .*is a file or a link here$/m);
    expect(stderr).toMatch(/^name: something that is no file has its name here$/m);
    expect(treeOf(outside)).toEqual({});
    // It is named each time, and there once it has a place.
    expect((await both.once()).status).toBe(3);
    rmSync(both.file('linked'));
    rmSync(both.file('name'));
    expect(await both.round()).toMatchObject({ fetched: 2 });
    expect(both.trees()[1]).toEqual(both.trees()[0]);
  });

  it.skipIf(!hasExfat)(
    'on a disk that ignores case names the second of two names, and takes nothing for it',
    async () => {
      const both = await Followed.open();
      mkdirSync(both.folder);
      const unmount = mountedExfat(both.served.place.path('image'), both.folder);
      try {
        both.served.write('a.jpg', 'small');
        both.served.write('b.jpg', 'b');
        await both.sync();
        await both.round();
        both.served.write('A.jpg', 'capital');
        renameSync(both.served.file('b.jpg'), both.served.file('c.jpg'));
        await both.sync();
        const { status, stdout, stderr } = await both.once();
        expect([status, stderr]).toEqual([
          3,
          expect.stringMatching(/^A\.jpg: this file system takes its name for that of `a\.jpg`$/m),
        ]);
        expect(stdout).toMatch(/1 moved/);
        expect(readFileSync(both.file('a.jpg'), 'utf8')).toBe('small');
        both.served.write('a.jpg', 'other');
        await both.sync();
        expect((await both.once()).status).toBe(3);
        expect(readFileSync(both.file('a.jpg'), 'utf8')).toBe('other');
        expect(both.versions()).toEqual({ 'a.jpg': 'small' });
      } finally {
        unmount();
      }
    },
  );

  it('lets old versions go', async () => {
    const both = await followed();
    rmSync(both.served.file('a/0.jpg'));
    rmSync(both.served.file('a/1.jpg'));
    await both.sync();
    await both.round();
    const lines = join(both.folder, '.snapshot-data', 'versions.jsonl');
    const now = Date.now();
    const [first = '', second = ''] = readFileSync(lines, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const aged = (line: string, days: number): string =>
      line.replace(/"until":"[^"]+"/, `"until":"${new Date(now - days * 86_400_000).toISOString()}"`);
    writeFileSync(lines, `${aged(first, 29)}\n${aged(second, 31)}\n`);
    const kept = (JSON.parse(first) as { path: string }).path.replace('files/anna/', '');
    // The first one since there are any only notes when it was.
    for (let i = 0; i < 2; i++) await both.round();
    expect(Object.keys(both.versions())).toEqual([kept]);
  });

  it('is a library when it is served, and so is a copy of it: it knows what it has', async () => {
    const both = await followed();
    const { place } = both.served;
    const token = (await both.served.command(['user', 'add', both.folder, 'anna'])).split('\n')[0] ?? '';
    const copy = place.path('copy');
    for (const part of ['files', 'var'])
      cpSync(join(both.folder, part), join(copy, part), { recursive: true, preserveTimestamps: true });
    place.write({ 'else/x.jpg': 'photo 3', 'else/big': 'big '.repeat(500_000) });
    for (const folder of [both.folder, copy]) {
      const server = place.start(['serve', folder, '--json', '--listen', '127.0.0.1:0', '--min-free', '0']);
      onTestFinished(() => void server.child.kill('SIGKILL'));
      const sync = await server.line((line) => line.includes('"sync"'));
      expect(JSON.parse(sync)).toMatchObject({ new: 0, changed: 0, removed: 0, matched: 7, problems: [] });
      const { url } = JSON.parse(await server.line((line) => line.includes('"serving"'))) as { url: string };
      const sent = await place.command(['upload', url, 'source/else', '--json'], {
        env: { SNAPSHOT_TOKEN: token },
      });
      expect(eventsOf(sent).at(-1)).toMatchObject({ status: 0, known: 2, stored: 0 });
      server.child.kill('SIGTERM');
      await server.ended;
    }
  });
});

describe('its guard', () => {
  it.each<
    [string, (both: Followed) => void, RegExp, { readonly removed: number; readonly versions: number }]
  >([
    [
      'more than half of many go',
      ({ served }) => {
        for (let i = 0; i < 11; i++) rmSync(served.file(`many/${i}`));
      },
      /anna: 11 of 21 files would go, as "many\/0", "many\/1", "many\/10"; nothing was removed/,
      { removed: 11, versions: 11 },
    ],
    [
      'nothing is left',
      ({ served }) => {
        rmSync(served.file('many'), { recursive: true });
        rmSync(served.file('new'));
      },
      /anna: all 21 files would go, as "many\/0"/,
      { removed: 21, versions: 21 },
    ],
  ])('holds removals when %s, and fetches what is new', async (_, harm, message, expected) => {
    const both = await Followed.open();
    const { served } = both;
    for (let i = 0; i < 21; i++) served.write(`many/${i}`, `content ${i}`);
    await both.sync();
    await both.round();
    served.write('new', 'new');
    harm(both);
    await both.sync();
    const isNew = existsSync(served.file('new'));
    for (let n = 0; n < 2; n++) {
      const { status, stderr } = await both.once();
      expect([status, stderr]).toEqual([4, expect.stringMatching(message)]);
      expect(stderr).toMatch(/Look at the library there.*`--accept-changes`/);
      expect(Object.keys(treeOf(both.file('')))).toHaveLength(isNew ? 22 : 21);
    }
    expect(await both.round(['--accept-changes'])).toMatchObject(expected);
    expect(both.trees()[1]).toEqual(both.trees()[0]);
    expect(Object.keys(both.versions())).toHaveLength(expected.removed);
    expect((await both.once()).status).toBe(0);
  });

  it('lets half of them go, and few of few', async () => {
    const both = await Followed.open();
    for (let i = 0; i < 22; i++) both.served.write(`${i}`, `content ${i}`);
    await both.sync();
    await both.round();
    for (let i = 0; i < 11; i++) rmSync(both.served.file(`${i}`));
    await both.sync();
    expect(await both.round()).toMatchObject({ removed: 11 });
    for (let i = 11; i < 21; i++) rmSync(both.served.file(`${i}`));
    await both.sync();
    expect(await both.round()).toMatchObject({ removed: 10 });
  });

  it('holds what is of another library, or was here before', async () => {
    const both = await Followed.open();
    const other = await Followed.open();
    for (const { served } of [both, other]) served.write('same', 'same');
    // Less than a millisecond apart they would count as of one time.
    utimesSync(other.served.file('same'), 1_500_000_000, 1_500_000_000);
    both.served.write('a', 'of one');
    other.served.write('a', 'of the other');
    other.served.write('new', 'new');
    await both.sync();
    await other.sync();
    both.write('here', 'before');
    const first = await both.once();
    expect([first.status, first.stderr]).toEqual([
      4,
      expect.stringMatching(/followed nothing before; 1 file/),
    ]);
    await both.round(['--accept-changes']);
    expect(both.versions()).toEqual({ here: 'before' });

    both.token = other.token;
    const { status, stderr } = await both.once([], other.served.url);
    expect([status, stderr]).toEqual([
      4,
      expect.stringMatching(
        /this folder followed "http.*"; 1 file would go or be replaced, as "a"; nothing was removed or replaced/,
      ),
    ]);
    expect(readFileSync(both.file('a'), 'utf8')).toBe('of one');
    expect(readFileSync(both.file('new'), 'utf8')).toBe('new');
    expect((await both.once(['--accept-changes'], other.served.url)).status).toBe(0);
    expect(treeOf(both.file(''))).toEqual(treeOf(other.served.file('')));
  });

  it('takes the same library at another address for the same', async () => {
    const both = await followed();
    const port = new URL(both.served.url).port;
    expect((await both.once([], `http://localhost:${port}`)).stdout).toMatch(/^anna: 7 unchanged/);
  });

  it('refuses another account until both are meant', async () => {
    const both = await followed();
    await both.served.command(['user', 'add', both.served.folder, 'bert']);
    both.served.write('of-bert', 'b', 'bert');
    both.token = await both.served.token('read', 'bert');
    const { status, stderr } = await both.once();
    expect([status, stderr]).toEqual([
      4,
      expect.stringMatching(
        /follows the account "anna", and the token is one of "bert"; nothing was done\n.*both/,
      ),
    ]);
    expect(existsSync(join(both.folder, 'files', 'bert'))).toBe(false);
    expect((await both.once(['--accept-changes'])).status).toBe(0);
    expect((await both.once()).stdout).toMatch(/^bert: 1 unchanged/);
  });
});

describe('what it remembers', () => {
  it.each<[string, (both: Followed) => void]>([
    ['is lost', ({ state }) => rmSync(state)],
    ['is damaged', ({ state }) => writeFileSync(state, '{"following":1,"n":')],
  ])('may be lost: what is here is not fetched when it %s', async (_, harm) => {
    const both = await followed();
    harm(both);
    both.served.write('new', 'new');
    await both.sync();
    expect(await both.round()).toMatchObject({ fetched: 1, unchanged: 7, versions: 0 });
    expect(both.trees()[1]).toEqual(both.trees()[0]);
  });

  it('may be without its journal, and the first library without its own', async () => {
    const port = String((await freePorts(1))[0]);
    const both = await followed(['--listen', `127.0.0.1:${port}`]);
    const at = ['var', 'accounts', 'anna', 'journal.jsonl'];
    rmSync(join(both.folder, ...at));
    expect(await both.round()).toMatchObject({ fetched: 0, unchanged: 7 });
    await both.served.stop();
    rmSync(join(both.served.folder, ...at));
    rmSync(both.served.file('a/0.jpg'));
    await both.served.start();
    expect(await both.round()).toMatchObject({ fetched: 0, removed: 1, unchanged: 6 });
    expect(both.versions()).toEqual({ 'a/0.jpg': 'photo 0' });
  });

  it('does not make up for files that are away', async () => {
    const both = await followed();
    renameSync(both.file(''), `${both.folder}/away`);
    const { status, stderr } = await both.once();
    expect([status, stderr]).toEqual([1, expect.stringMatching(/Cannot read ".*anna".*\n.*disk connected/)]);
    expect(existsSync(both.file(''))).toBe(false);
    renameSync(`${both.folder}/away`, both.file(''));
    expect(await both.round()).toMatchObject({ fetched: 0, unchanged: 7 });
  });
});

/** Of a file, after it was changed in that round. */
function content(i: number, round: number): string {
  return `${i} in ${round} `.repeat(1 + ((i * 7919) % 60_000));
}

describe('killed at any moment, it', () => {
  it('has each file whole or not at all, and goes on', { timeout: 120_000 }, async () => {
    const both = await Followed.open();
    const { served } = both;
    const known = new Set<string>();
    const write = (i: number, round: number): void => {
      served.write(`${i % 7}/${i}`, content(i, round));
      known.add(sha256(content(i, round)));
    };
    for (let i = 0; i < 120; i++) write(i, 0);
    await both.sync();
    let [passed, most] = [0, Number.POSITIVE_INFINITY];
    let enough: (() => void) | undefined;
    const proxy = createServer((socket) => {
      const to = connect(Number(new URL(served.url).port), '127.0.0.1');
      socket.pipe(to).pipe(socket);
      to.on('data', (chunk) => (passed += chunk.length) > most && enough?.());
      for (const one of [socket, to]) one.on('error', () => void (socket.destroy(), to.destroy()));
    });
    const url = `http://127.0.0.1:${await listening(proxy)}`;
    const random = randomOf(chosenSeed());
    let [unfinished, last] = [0, '{}'];
    for (let round = 1; round <= 15; round++) {
      for (let i = round; i < 120; i += 17) write(i, round);
      if (existsSync(served.file(`${round % 7}/${round + 21}`)))
        renameSync(served.file(`${round % 7}/${round + 21}`), served.file(`moved-${round}`));
      rmSync(served.file(`${(round * 2) % 7}/${round * 2 + 70}`), { force: true });
      await both.sync();
      const running = both.live(url);
      await new Promise<void>((resolve) => {
        enough = resolve;
        [passed, most] = [0, random(3_000_000)];
        // Less than that was to be fetched: it is killed when it waits for more.
        running
          .line((line) => line.includes('"round"'))
          .then(
            () => resolve(),
            () => {},
          );
      });
      running.child.kill('SIGKILL');
      await running.ended;
      const here = treeOf(both.file(''));
      for (const [name, one] of Object.entries(here))
        expect([name, known.has(one.split(' ')[0] ?? '')]).toEqual([name, true]);
      const now = JSON.stringify(here);
      if (now !== last && now !== JSON.stringify(both.trees()[0])) unfinished += 1;
      last = now;
    }
    // Else nothing was under way when it was killed.
    expect(unfinished).toBeGreaterThan(2);
    await both.round([], url);
    const [there, here] = both.trees();
    expect(here).toEqual(there);
    expect([both.arriving(), (await both.round([], url))['fetched']]).toEqual([[], 0]);
  });

  it('goes on with what has arrived of a file', async () => {
    const both = await Followed.open();
    const size = 30_000_000;
    both.served.write('big', Buffer.alloc(size, 'snapshot '));
    await both.sync();
    let passed = 0;
    const proxy = createServer((socket) => {
      const to = connect(Number(new URL(both.served.url).port), '127.0.0.1');
      const cut = (): void => void (socket.destroy(), to.destroy());
      let own = 0;
      socket.on('data', (chunk) => to.write(chunk));
      to.on('data', (chunk) => {
        own += chunk.length;
        passed += chunk.length;
        if (own > 9_000_000) cut();
        else if (!socket.write(chunk)) {
          to.pause();
          socket.once('drain', () => to.resume());
        }
      });
      for (const one of [socket, to]) one.on('error', cut).on('close', cut);
    });
    const url = `http://127.0.0.1:${await listening(proxy)}`;
    expect((await both.once([], url)).status).toBe(0);
    expect(both.trees()[1]).toEqual(both.trees()[0]);
    expect(passed).toBeLessThan(1.3 * size);
  });
});

describe('who may not', () => {
  it('is told why', async () => {
    const both = await Followed.open();
    both.token = await both.served.token('upload');
    const upload = await both.once();
    expect([upload.status, upload.stderr]).toEqual([
      1,
      expect.stringMatching(
        /may only upload: to follow takes one with the scope `read`\n.*token add FOLDER anna --scope read/,
      ),
    ]);
    both.token = 'nonsense';
    const wrong = await both.once();
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringMatching(/That token is not known here/)]);
    expect(existsSync(both.folder)).toBe(false);
  });

  it('is another process: a folder is served, or follows', async () => {
    const both = await followed();
    await both.served.command(['user', 'add', both.folder, 'anna']);
    const server = both.served.place.start(['serve', both.folder, '--json', '--listen', '127.0.0.1:0']);
    await server.line((line) => line.includes('"serving"'));
    const refused = await both.once();
    expect([refused.status, refused.stderr]).toEqual([
      11,
      expect.stringMatching(/is served already, by process \d+.*\n.*End that first/),
    ]);
    server.child.kill('SIGTERM');
    await server.ended;

    const live = both.live();
    await live.line((line) => line.includes('"round"'));
    const second = await both.served.place.command(['serve', both.folder]);
    expect([second.status, second.stderr]).toEqual([
      11,
      expect.stringMatching(/follows another library already/),
    ]);
    live.child.kill('SIGTERM');
    expect((await live.ended).status).toBe(0);
  });
});

/** At the same address. */
function serveAgain({ place, folder, url }: Served): void {
  const listen = `127.0.0.1:${new URL(url).port}`;
  const again = place.start(['serve', folder, '--json', '--listen', listen, '--min-free', '0']);
  onTestFinished(() => void again.child.kill('SIGKILL'));
}

describe('live, it', () => {
  it(
    'brings what happens, says when the server is away and back, and ends at once',
    { timeout: 90_000 },
    async () => {
      const both = await followed();
      const { served } = both;
      const live = both.live();
      await live.line((line) => line.includes('"round"'));
      served.write('later', 'later');
      await both.sync();
      await live.line((line) => line.includes('"fetched":1'));
      expect(readFileSync(both.file('later'), 'utf8')).toBe('later');
      await served.stop();
      await live.line((line) => line.includes('"away"'));
      served.write('meanwhile', 'meanwhile');
      rmSync(served.file('later'));
      serveAgain(served);
      await live.line((line) => line.includes('"back"'));
      await live.line((line) => line.includes('"removed":1'));
      expect(treeOf(both.file(''))).toEqual(treeOf(served.file('')));
      const begun = performance.now();
      live.child.kill('SIGINT');
      const ended = await live.ended;
      expect([ended.status, performance.now() - begun < 1000]).toEqual([0, true]);
      expect(eventsOf(ended).filter(({ event }) => event === 'away')).toHaveLength(1);
    },
  );

  it('takes what is accepted for its first round only', { timeout: 60_000 }, async () => {
    const both = await followed();
    const live = both.live(both.served.url, ['--accept-changes']);
    await live.line((line) => line.includes('"round"'));
    for (const folder of ['a', 'ü']) rmSync(both.served.file(folder), { recursive: true });
    await both.sync();
    await live.line((line) => line.includes('"guard":"empty-side"'));
    live.child.kill('SIGINT');
    expect((await live.ended).status).toBe(4);
    expect(Object.keys(both.trees()[1])).toHaveLength(7);
  });

  it(
    'ends well where the server was away and back, and nothing has changed',
    { timeout: 60_000 },
    async () => {
      const both = await followed();
      const live = both.live();
      await live.line((line) => line.includes('"round"'));
      await both.served.stop();
      await live.line((line) => line.includes('"away"'));
      serveAgain(both.served);
      await live.line((line) => line.includes('"back"'));
      live.child.kill('SIGINT');
      expect((await live.ended).status).toBe(0);
    },
  );

  it('holds and goes on: what was held is removed once it is there again', { timeout: 60_000 }, async () => {
    const both = await followed();
    const { served } = both;
    rmSync(served.file('a'), { recursive: true });
    rmSync(served.file('ü'), { recursive: true });
    await both.sync();
    const live = both.live();
    const held = JSON.parse(await live.line((line) => line.includes('"guard"'))) as object;
    expect(held).toMatchObject({
      guard: 'empty-side',
      message: expect.stringMatching(/all 7 files would go/) as string,
    });
    served.write('a/new.jpg', 'new');
    for (let i = 0; i < 3; i++) served.write(`a/${i}.jpg`, `photo ${i}`);
    await both.sync();
    await live.line((line) => line.includes('"removed":4'));
    live.child.kill('SIGINT');
    expect((await live.ended).status).toBe(0);
    expect(Object.keys(both.trees()[1])).toEqual(Object.keys(both.trees()[0]));
  });

  it('is stopped in the middle, and says so with --once', async () => {
    const both = await Followed.open();
    for (let i = 0; i < 300; i++) both.served.write(`${i}`, `content ${i}`);
    await both.sync();
    // The list has some 60 kB; after it come the files.
    const proxy = createServer((socket) => {
      const to = connect(Number(new URL(both.served.url).port), '127.0.0.1');
      socket.pipe(to);
      to.on('data', (chunk) => {
        socket.write(chunk);
        const before = passed;
        passed += chunk.length;
        if (before <= 100_000 && passed > 100_000) running.child.kill('SIGINT');
      });
      for (const one of [socket, to]) one.on('error', () => void (socket.destroy(), to.destroy()));
    });
    let passed = 0;
    const url = `http://127.0.0.1:${await listening(proxy)}`;
    const running = both.served.place.start(
      ['serve', 'mirror', url, both.folder, '--once', '--min-free', '0'],
      { env: { SNAPSHOT_TOKEN: both.token } },
    );
    const { status, stderr } = await running.ended;
    expect([status, stderr]).toEqual([130, expect.stringMatching(/Stopped by the user\n.*goes on/)]);
    expect(statSync(join(both.folder, 'var')).isDirectory()).toBe(true);
    expect(existsSync(join(both.folder, 'var', 'server.json'))).toBe(false);
    const { fetched } = await both.round();
    expect([Number(fetched) > 0, Number(fetched) < 300]).toEqual([true, true]);
    expect(both.trees()[1]).toEqual(both.trees()[0]);
  });
});

describe('wrong use', () => {
  it.each<[readonly string[], RegExp]>([
    [['http://photos.example', 'x'], /without https, others on the way could read the token/],
    [['nonsense', 'x'], /is no address of a server/],
    [['http://127.0.0.1:9', 'x', '--cacert', '/nowhere'], /Cannot read the certificate/],
    [['http://127.0.0.1:9', 'x', '--min-free', 'much'], /--min-free much: it takes a number/],
    [['http://127.0.0.1:9'], /Missing: FOLDER$/m],
  ])('%j is told what is wrong', async (args, message) => {
    const { status, stderr } = await Place.open().command(['serve', 'mirror', ...args], {
      env: { SNAPSHOT_TOKEN: 'x' },
    });
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('without a token, or on a full disk, says what to do', async () => {
    const place = Place.open();
    const { status, stderr } = await place.command(['serve', 'mirror', 'http://127.0.0.1:9', 'x']);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/takes a token.*\n.*SNAPSHOT_TOKEN/)]);
    const both = await Followed.open();
    both.served.write('a', 'a');
    await both.sync();
    const full = await both.once(['--min-free', '1000000GB']);
    expect([full.status, full.stderr]).toEqual([
      1,
      expect.stringMatching(/as full as it may be\n.*--min-free/),
    ]);
    expect(await both.round()).toMatchObject({ fetched: 1 });
  });
});
