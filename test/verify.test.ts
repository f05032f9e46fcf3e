// `snapshot verify`: finds every damage, and nothing else; says what it costs, and where that still is.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DamagedSeries } from './campaigns/damage.ts';
import { eventsOf, hasTool, IS_WINDOWS, type JsonEvent, tool } from './support/command.ts';
import { Place } from './support/place.ts';
import { lookAt, makeTortureTree, noise } from './support/trees.ts';

const MAIN = fileURLToPath(new URL('../dist/bin/main.js', import.meta.url));
const SEED = Number(process.env['SNAPSHOT_TEST_SEED'] ?? 1);
const FORMATS = ['tar.zst', 'zip'] as const;

type Format = (typeof FORMATS)[number];

interface Verified {
  readonly status: number | null;
  readonly events: readonly JsonEvent[];
  readonly damages: readonly JsonEvent[];
  readonly lost: readonly JsonEvent[];
}

async function verify(place: Place, ...args: readonly string[]): Promise<Verified> {
  const ended = await place.command(['verify', '--json', ...args]);
  const events = eventsOf(ended);
  const of = (event: string): readonly JsonEvent[] => events.filter((one) => one.event === event);
  return { status: ended.status, events, damages: of('damage'), lost: of('lost') };
}

async function openSeries(format: Format, more = ''): Promise<Place> {
  const place = Place.open();
  const [header, row] = more === '' ? ['', ''] : [',strategy', `,${more}`];
  place.writePlan(`source,destination,name,format${header}`, `source,destination,data,${format}${row}`);
  return await Promise.resolve(place);
}

/** Changes the byte in the middle of `marker`, which must stand in the archive as it is. */
function damageAt(path: string, marker: Buffer): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(marker);
  if (at < 0) throw new Error(`no such bytes in ${path}`);
  const middle = at + Math.floor(marker.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function archiveOf(place: Place, at: string): string {
  const own = place.info(at).archives.find(({ file, entries }) => file.includes(at) && entries > 0);
  return place.file(own?.file ?? 'none', at);
}

describe.each(FORMATS)('verify finds what is damaged at random: %s', (format) => {
  it('in 2 rounds, and nothing in between', { timeout: 300_000 }, () => {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-campaign-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const series = new DamagedSeries(MAIN, root, format, SEED);
    // So many files that snapshots share an index and say what differs from it.
    series.make(5, format === 'zip' ? 0 : 8000);
    const kinds = new Set(readdirSync(series.series, { recursive: true, encoding: 'utf8' }));
    if (format === 'tar.zst')
      expect([...kinds].some((file) => file.endsWith('changes.jsonl.zst'))).toBe(true);
    expect(series.faultOfHealthy('quick')).toBeUndefined();
    expect(series.faultOfHealthy('full')).toBeUndefined();
    const faults = Array.from({ length: 2 }, () => series.round()).filter(({ fault }) => fault !== undefined);
    expect(faults).toEqual([]);
    expect(series.faultOfHealthy('full')).toBeUndefined();
  });
});

describe.each(FORMATS)('what damage costs: %s', (format) => {
  it('names only the files in the frame that is damaged', async () => {
    const place = await openSeries(format);
    // Of a type that is not compressed, and too large to share a frame.
    const contents = [1, 2, 3].map((seed) => noise(5_000_000 + seed, seed));
    place.write(Object.fromEntries(contents.map((content, i) => [`${i}.jpg`, content])));
    await place.night();
    damageAt(
      archiveOf(place, place.snapshots()[0] ?? ''),
      contents[1]?.subarray(4_500_000, 4_500_100) ?? noise(1),
    );
    const { status, damages, lost } = await verify(place, '--level', 'full');
    expect(status).toBe(1);
    expect(damages).toHaveLength(1);
    expect(lost).toEqual([expect.objectContaining({ path: '1.jpg', stillIn: [] })]);
    const text = await place.command(['verify', '--level', 'full']);
    expect(text.stdout).toContain('lost: 1.jpg of');
    expect(text.stdout).toContain('in no snapshot any more');
  });

  it('says which snapshots still have the content, in other archives', async () => {
    const place = await openSeries(format, 'full');
    const content = noise(100_000);
    place.write({ 'a.jpg': content, 'b.jpg': 'other' });
    await place.night();
    place.write({ 'b.jpg': 'changed' });
    await place.night();
    const [first = '', second = ''] = place.snapshots();
    damageAt(archiveOf(place, second), content.subarray(0, 1000));
    const { status, lost } = await verify(place, '--level', 'full');
    expect(status).toBe(1);
    // In a tar, b.jpg lies in the same frame.
    expect(lost[0]).toMatchObject({ snapshot: second, path: 'a.jpg', stillIn: [first] });
    expect(lost).toHaveLength(format === 'zip' ? 1 : 2);
  });

  it('counts an archive that several snapshots share once, and all its files as lost when it is gone', async () => {
    const place = await openSeries(format);
    place.write({ a: noise(20_000), 'b/c': 'c' });
    await place.night();
    place.write({ d: 'd' });
    await place.night();
    const [first = '', second = ''] = place.snapshots();
    for (const at of [first, second]) rmSync(place.file(place.info(first).archives[0]?.file ?? '', at));
    const { status, damages, lost } = await verify(place);
    expect(status).toBe(1);
    expect(damages.map(({ what }) => what)).toEqual(['is missing', 'is missing']);
    expect(lost.map(({ snapshot, path }) => [snapshot, path])).toEqual([
      [first, 'a'],
      [first, 'b/c'],
      [second, 'a'],
      [second, 'b/c'],
    ]);
  });

  it('finds the damage in one of two copies where hard links were lost', async () => {
    const place = await openSeries(format);
    const content = noise(50_000);
    place.write({ 'a.jpg': content });
    await place.night();
    place.write({ d: 'd' });
    await place.night();
    const [first = '', second = ''] = place.snapshots();
    const name = place.info(first).archives[0]?.file ?? '';
    const copy = readFileSync(place.file(name, second));
    rmSync(place.file(name, second));
    writeFileSync(place.file(name, second), copy);
    expect((await verify(place, '--level', 'full')).status).toBe(0);
    damageAt(place.file(name, second), content.subarray(0, 1000));
    const { damages, lost } = await verify(place, '--level', 'full');
    expect(damages.map(({ file, snapshots }) => [file, snapshots])).toEqual([
      [`${second}/${name}`, [second]],
    ]);
    expect(lost).toEqual([expect.objectContaining({ snapshot: second, stillIn: [first] })]);
  });

  it('reads other parts with each seed, the same ones with the same, and finds damage in them', async () => {
    const place = await openSeries(format);
    const contents = Array.from({ length: 12 }, (_, i) => noise(4_300_000 + i, i + 1));
    place.write(Object.fromEntries(contents.map((content, i) => [`${i}.jpg`, content])));
    await place.night();
    const read = async (seed: number, share = '25%'): Promise<unknown> => {
      const { events, status } = await verify(place, '--sample', share, '--seed', String(seed));
      const end = events.find(({ event }) => event === 'series');
      return { status, readPieces: end?.['readPieces'], readBytes: end?.['readBytes'] };
    };
    const many = [];
    for (let seed = 1; seed <= 6; seed++) many.push(await read(seed));
    expect(new Set(many.map((one) => JSON.stringify(one))).size).toBeGreaterThan(1);
    expect(await read(3)).toEqual(many[2]);
    expect(await read(1, '0.001%')).toMatchObject({ status: 0, readPieces: 1 });
    damageAt(
      archiveOf(place, place.snapshots()[0] ?? ''),
      contents[5]?.subarray(1_000_000, 1_000_100) ?? noise(1),
    );
    const { status, lost } = await verify(place, '--sample', '100%');
    expect([status, lost.map(({ path }) => path)]).toEqual([1, ['5.jpg']]);
  });
});

describe('verify', () => {
  it.each([
    ['--sample', '0%'],
    ['--sample', '101%'],
    ['--sample', '10'],
    ['--level', 'deep'],
    ['--level', 'quick', '--sample', '10%'],
    ['--seed', '1'],
    ['--at', '1999'],
  ])('refuses %s %s', async (...args) => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'a' });
    await place.night();
    expect((await verify(place, ...args)).status).toBe(2);
  });

  it.each<[string, string, (text: string) => string, string]>([
    ['a letter of the host', 'info.json', (text) => text.replace('"host": "', '"host": "x'), 'info.json'],
    ['a comment', 'RESTORE.txt', (text) => text.replace('To get', 'Xo get'), 'RESTORE.txt'],
    ['the sum of an archive', 'SHA256SUMS', (text) => text.replace(/^.{4}/, '0000'), 'SHA256SUMS'],
    ['a file too many', 'SHA256SUMS', (text) => `${text}${'0'.repeat(64)}  else\n`, 'SHA256SUMS'],
    ['a file too few', 'SHA256SUMS', (text) => text.slice(text.indexOf('\n') + 1), 'SHA256SUMS'],
  ])('sees %s in %s, which can still be read', async (_, file, edit, named) => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'a' });
    await place.night();
    const text = readFileSync(place.file(file), 'utf8');
    writeFileSync(place.file(file), edit(text));
    const { status, damages } = await verify(place);
    expect([status, damages.map((damage) => String(damage['file']).split('/')[1])]).toEqual([1, [named]]);
  });

  it('blames a damaged index alone, not the archives it tells of', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'a' });
    await place.night();
    const bytes = readFileSync(place.file('index.jsonl.zst'));
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(place.file('index.jsonl.zst'), bytes);
    const { damages } = await verify(place, '--level', 'full');
    expect(damages.map((damage) => String(damage['file']).split('/')[1])).toEqual(['index.jsonl.zst']);
  });

  it('looks at one snapshot only with --at', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'a' });
    await place.night();
    place.write({ b: 'b' });
    await place.night();
    const [first = '', second = ''] = place.snapshots();
    rmSync(place.file('RESTORE.txt', first));
    expect((await verify(place, '--at', second)).status).toBe(0);
    expect((await verify(place, '--at', 'latest')).status).toBe(0);
    expect((await verify(place, '--at', first)).status).toBe(1);
    expect((await verify(place, '--at', first.slice(0, 4))).status).toBe(2);
  });

  it('takes what a run that was cut short has left for no damage, and a lost info.json for one', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'a' });
    await place.night();
    const [first = ''] = place.snapshots();
    mkdirSync(join(place.series(), '2001-01-01T00-00-00Z'));
    writeFileSync(place.file('data-2001-01-01T00-00-00Z.tar.zst.part', '2001-01-01T00-00-00Z'), 'half');
    const { status, events } = await verify(place);
    expect(status).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ event: 'note' }));
    rmSync(place.file('info.json', first));
    expect((await verify(place)).damages).toEqual([
      expect.objectContaining({ file: `${first}/info.json`, what: 'is missing' }),
    ]);
  });

  it('takes a run that was cut short while it wrote info.json for no damage, and for nothing verified', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'a' });
    await place.night();
    renameSync(place.file('info.json'), place.file('info.json.part'));
    expect(await verify(place)).toMatchObject({ status: 1, damages: [] });
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written' } });
    expect(place.whole()).toEqual(place.snapshots());
  });

  it('says nothing with --quiet when all is well, and what is not on the standard error', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'a' });
    await place.night();
    expect(await place.command(['verify', '--quiet'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    rmSync(place.file('RESTORE.txt'));
    const { status, stdout, stderr } = await place.command(['verify', '--quiet']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('RESTORE.txt: is missing');
  });

  it('verifies a folder without a plan', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'a' });
    await place.night();
    rmSync(place.plan);
    expect((await verify(place, place.series(), '--level', 'full')).status).toBe(0);
  });
});

/** The record of the drill; that of the verify around it follows it. */
function drillOf(place: Place): object | undefined {
  return place.runs().find(({ outcome }) => outcome === 'drill');
}

/** A folder with the programs of the system, and others in the place of some. */
function programs(place: Place, scripts: Readonly<Record<string, string | undefined>>): string {
  const folder = place.path('bin');
  mkdirSync(folder);
  for (const name of [
    'sh',
    'tar',
    'zstd',
    'unzip',
    'mkdir',
    'dirname',
    'id',
    'touch',
    'chmod',
    'chown',
    'mv',
    'ls',
    'wc',
  ]) {
    if (!(name in scripts)) symlinkSync(tool('which', [name]).trim(), join(folder, name));
  }
  for (const [name, script] of Object.entries(scripts)) {
    if (script === undefined) continue;
    writeFileSync(join(folder, name), `#!${tool('which', ['sh']).trim()}\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

describe.skipIf(IS_WINDOWS || !hasTool('unzip'))('a drill', () => {
  it.each(FORMATS)('gives back a tree with everything in it: %s', { timeout: 120_000 }, async (format) => {
    const place = await openSeries(format);
    makeTortureTree(place.source);
    await place.night();
    place.write({ 'contents/new': 'new' });
    renameSync(join(place.source, 'contents', 'noise'), join(place.source, 'contents', 'moved'));
    await place.night();
    const room = place.path('room');
    mkdirSync(room);
    const ended = await place.command(['verify', '--drill', '--json'], { env: { TMPDIR: room } });
    const [drill] = eventsOf(ended).filter(({ event }) => event === 'drill');
    const paths = lookAt(place.source).size;
    expect(drill).toMatchObject({ result: 'passed', paths, differences: [], error: null });
    expect(ended.status).toBe(0);
    expect(readdirSync(room)).toEqual([]);
    expect(drillOf(place)).toMatchObject({
      result: 'passed',
      snapshot: place.snapshots().at(-1),
      paths,
      differences: 0,
    });
  });

  it.each<[string, string, string]>([
    ['another content', 'echo other > "$5/a"; touch -d 2001-01-01T00:00:00Z "$5/a"', 'a: '],
    ['another mode', 'chmod 600 "$5/a"', 'a: its mode is 0600, not 0644'],
    ['another time', 'touch -d 2001-01-01T00:00:00.000000001Z "$5/a"', 'a: its time is'],
    ['a file that is missing', '/bin/rm "$5/a"', 'a: no such file or folder'],
    ['a file that nobody asked for', ': > "$5/extra"', 'extra: nobody asked for it'],
    ['a link that leads elsewhere', '/bin/ln -sfn elsewhere "$5/link"; touch -h -d @0 "$5/link"', 'link: '],
  ])('fails when the tree comes back with %s', async (_, spoil, difference) => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'content' });
    chmodSync(join(place.source, 'a'), 0o644);
    symlinkSync('a', join(place.source, 'link'));
    await place.night();
    const tar = tool('which', ['tar']).trim();
    // After the archive with folders and links, which comes last.
    const script = `${tar} "$@" || exit; case "$3" in *~tree*) ${spoil};; esac`;
    const PATH = programs(place, { tar: script });
    const ended = await place.command(['verify', '--drill', '--json'], { env: { PATH } });
    const drill = eventsOf(ended).find(({ event }) => event === 'drill');
    expect(drill).toMatchObject({ result: 'failed', differenceCount: 1 });
    expect(String(drill?.['differences'])).toContain(difference);
    expect(ended.status).toBe(1);
    expect(drillOf(place)).toMatchObject({ result: 'failed', differences: 1 });
  });

  it('fails when an extraction fails, and leaves nothing behind', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'content' });
    await place.night();
    const room = place.path('room');
    mkdirSync(room);
    const PATH = programs(place, { tar: 'echo "no more paper" >&2; exit 2' });
    const ended = await place.command(['verify', '--drill'], { env: { PATH, TMPDIR: room } });
    expect(ended.status).toBe(1);
    expect(ended.stdout).toContain('no more paper');
    expect(readdirSync(room)).toEqual([]);
  });

  it('runs the very bytes that it has checked, whoever changes RESTORE.txt meanwhile', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'content' });
    await place.night();
    const witness = place.path('witness');
    // Its first line: the last one ends the script.
    const [script, changed] = [place.file('RESTORE.txt'), place.path('changed')];
    writeFileSync(changed, `: > "${witness}"\n${readFileSync(script, 'utf8')}`);
    const change = `mv "${changed}" "${script}"`;
    const PATH = programs(place, { sh: `[ "$1" = --version ] || ${change}\nexec /bin/sh "$@"` });
    const ended = await place.command(['verify', '--drill'], { env: { PATH } });
    expect(readFileSync(place.file('RESTORE.txt'), 'utf8')).toContain('witness');
    expect(existsSync(witness)).toBe(false);
    expect(ended.stdout).toMatch(/drill/i);
    expect(drillOf(place)).toMatchObject({ result: 'passed', paths: 1 });
  });

  it('says which program is missing, and records no drill', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'content' });
    await place.night();
    const PATH = programs(place, { tar: undefined });
    const { status, stderr } = await place.command(['verify', '--drill'], { env: { PATH } });
    expect([status, stderr]).toEqual([1, expect.stringContaining('no `tar`')]);
    expect(place.runs().map(({ outcome }) => outcome)).toEqual(['written', 'verify']);
  });

  it('is not made of a snapshot that is damaged', async () => {
    const place = await openSeries('tar.zst');
    place.write({ a: 'content' });
    await place.night();
    const restore = place.file('RESTORE.txt');
    const witness = place.path('witness');
    writeFileSync(restore, `${readFileSync(restore, 'utf8')}: > '${witness}'\n`);
    const { status, events } = await verify(place, '--drill');
    expect(status).toBe(1);
    expect(events.some(({ event }) => event === 'drill')).toBe(false);
    expect(existsSync(witness)).toBe(false);
  });

  it('of a whole plan holds mirrors against what they are as well, whatever is asked of the snapshots', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    place.writePlan(
      'source,destination,name,strategy',
      'source,destination,data,',
      'source,destination,plain,mirror',
    );
    expect((await place.run()).status).toBe(0);
    const asked = [['--drill'], ['--sample', '50%'], ['--repair'], ['--at', 'latest']];
    for (const words of asked) {
      const { status, stdout } = await place.command(['verify', ...words]);
      expect({ words, status }).toEqual({ words, status: 0 });
      expect(stdout).toMatch(/^in place {2}plain {2}mirror/m);
    }
    expect((await place.command(['verify', 'plain', '--drill'])).status).toBe(2);
    // Of what is not noted anywhere nobody says that it never was.
    expect((await place.command(['status', 'plain'])).stdout).not.toContain('never');
  });
});
