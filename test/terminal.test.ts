// What a user sees on a terminal, and what a pipe gets.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type CommandOptions,
  commandLine,
  environment,
  hasTool,
  IS_WINDOWS,
  PYTHON,
} from './support/command.ts';
import { Place } from './support/place.ts';
import { noise } from './support/trees.ts';

const ESCAPE = '\u001B';

/** Runs the command with a terminal of `columns`, on which `typed` is typed; returns all that it wrote there. */
const PSEUDO_TERMINAL = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 40, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])
os.write(fd, sys.argv[2].encode())
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
`;

function onTerminal(
  place: Place,
  args: readonly string[],
  {
    columns = 120,
    typed = '',
    ...more
  }: Partial<CommandOptions> & { readonly columns?: number; readonly typed?: string } = {},
): { readonly status: number | null; readonly text: string } {
  const options = place.options({ env: { TERM: 'xterm-256color' }, ...more });
  const command = commandLine([...args, '--plan', place.plan]);
  // The tests' own python3 may be one that needs the real home; the command gets its own by way of env.
  const own = Object.entries(environment(options)).filter(([name, value]) => process.env[name] !== value);
  const env = own.map(([name, value]) => `${name}=${value ?? ''}`);
  const unset = ['NO_COLOR', 'FORCE_COLOR', 'CI'].filter((name) => !(name in (options.env ?? {})));
  const { status, stdout } = spawnSync(
    PYTHON,
    [
      '-c',
      PSEUDO_TERMINAL,
      String(columns),
      typed,
      'env',
      ...unset.flatMap((name) => ['-u', name]),
      ...env,
      ...command,
    ],
    { cwd: place.root, maxBuffer: 1 << 28 },
  );
  return { status, text: stdout.toString() };
}

/** The lines on a terminal after `text`: carriage returns, erasing and moving up, as far as they are used. */
function screenOf(text: string): string {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  // oxlint-disable-next-line no-control-regex -- escape sequences are what this reads
  const parts = /\u001B\[\??([\d;]*)([A-Za-z])|\r|\n|\u001B.|[^\r\n\u001B]+/g;
  for (const [part, count = '', letter] of text.matchAll(parts)) {
    const n = Number(count === '' ? 1 : count);
    if (part === '\n') row++;
    else if (part === '\r') column = 0;
    else if (letter === 'A') row = Math.max(0, row - n);
    else if (letter === 'B') row += n;
    else if (letter === 'G') column = n - 1;
    else if (letter === 'K' && count === '2') lines[row] = '';
    else if (letter === 'K') lines[row] = (lines[row] ?? '').slice(0, column);
    else if (letter === 'J') lines.splice(row, Infinity, (lines[row] ?? '').slice(0, column));
    else if (!part.startsWith(ESCAPE)) {
      lines[row] =
        (lines[row] ?? '').padEnd(column).slice(0, column) +
        part +
        (lines[row] ?? '').slice(column + part.length);
      column += part.length;
    }
    while (lines.length <= row) lines.push('');
  }
  return lines.join('\n').trim();
}

describe.skipIf(IS_WINDOWS || !hasTool(PYTHON))('on a terminal', () => {
  it('a progress line is drawn while a run is at work, and only the table is left', () => {
    const place = Place.open();
    place.writeMany('many', 3000);
    place.write({ 'large.bin': Buffer.alloc(60_000_000, 'text ') });
    const { status, text } = onTerminal(place, ['run']);
    expect(status, text).toBe(0);
    expect(text).toMatch(/data.*(scanning|packing)/);
    const screen = screenOf(text);
    expect(screen).toMatch(/^row +result +files +size +added +modified +removed +written +time$/m);
    expect(screen).toMatch(/^data +written +3,001 +60 MB +3,002 +0 +0 /m);
    expect(screen).toContain(place.snapshots()[0]);
    expect(screen).toMatch(/Done\.$/);
    expect(screen).not.toMatch(/scanning|packing|█|░/);
    // The cursor, hidden while lines are drawn over, is shown again.
    expect(text.lastIndexOf(`${ESCAPE}[?25h`)).toBeGreaterThanOrEqual(text.lastIndexOf(`${ESCAPE}[?25l`));
  });

  it.each([60, 80, 120])('tables and sentences fit into %i columns', async (columns) => {
    const place = Place.open();
    place.write({ 'a folder/file': 'x' });
    await place.night();
    for (const command of [['list'], ['run', '--dry-run'], ['stats', 'data'], ['list', 'dato']]) {
      const { text } = onTerminal(place, command, { columns });
      // Whole paths stay whole.
      const lines = screenOf(stripVTControlCharacters(text)).split('\n');
      const long = lines.filter((line) => line.length > columns && !line.includes(place.root));
      expect(long).toEqual([]);
    }
  });

  it('`init` asks for the folders, and the plan does what was answered', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    rmSync(place.plan);
    const { status, text } = onTerminal(place, ['init'], { typed: 'source\nbackups of mine\n' });
    expect(status, text).toBe(0);
    expect(screenOf(text)).toMatch(/backed up\?[^]*To where\?[^]*Next:\s+snapshot check --plan/);
    const { row } = await place.run();
    expect(row).toMatchObject({
      row: 'source',
      outcome: 'written',
      folder: expect.stringContaining('backups of mine') as string,
    });
  });

  it('`init` takes a folder whose name ends with a space, and no space behind another one', async () => {
    const place = Place.open();
    rmSync(place.plan);
    mkdirSync(place.path('spaced '));
    writeFileSync(place.path('spaced ', 'file'), 'x');
    const { status, text } = onTerminal(place, ['init'], { typed: 'spaced \nbackups \n' });
    expect(status, text).toBe(0);
    const { row } = await place.run();
    const folder = expect.stringMatching(/backups.spaced.[^/\\]+$/) as string;
    expect(row).toMatchObject({ row: 'spaced', outcome: 'written', folder });
  });

  it('`init` that is told nothing writes the example, and one that would be wrong is not written', () => {
    const place = Place.open();
    rmSync(place.plan);
    const { status, text } = onTerminal(place, ['init'], { typed: 'source\nsource/inside\n' });
    expect(status, text).toBe(2);
    expect(existsSync(place.plan)).toBe(false);
    expect(onTerminal(place, ['init'], { typed: '\n' }).text).toContain('Edit it, then:');
    expect(readFileSync(place.plan, 'utf8')).toContain('\nno,~/Documents,/mnt/backup,documents,');
    // Nobody is asked for nothing.
    expect(screenOf(onTerminal(place, ['init']).text)).toMatch(/^error: .* exists already/);
  });

  it('a run without changes says so', () => {
    const place = Place.open();
    place.write({ file: 'x' });
    onTerminal(place, ['run']);
    expect(screenOf(onTerminal(place, ['run']).text)).toMatch(/^data +unchanged +1 [^]*nothing changed\.$/m);
  });

  it('a failed row is in the table, with its reason below', () => {
    const place = Place.open();
    place.writePlan('source,destination', 'gone,destination');
    const { status, text } = onTerminal(place, ['run']);
    expect(status).toBe(1);
    expect(screenOf(text)).toMatch(/^gone +FAILED[^]*Source ".*gone" does not exist[^]*1 row of 1 failed/m);
  });

  it('a narrow one gets no broken progress line', () => {
    const place = Place.open();
    place.writeMany('many', 2000);
    const { status, text } = onTerminal(place, ['run'], { columns: 40 });
    expect(status).toBe(0);
    expect(screenOf(text)).not.toMatch(/scanning|packing/);
  });

  it('a list that does not fit on the screen goes through the pager of the user', async () => {
    const place = Place.open();
    place.writeMany('many', 100);
    await place.night();
    const paged = (args: readonly string[], SNAPSHOT_PAGER: string): readonly string[] => {
      const { status, text } = onTerminal(place, args, { env: { TERM: 'xterm-256color', SNAPSHOT_PAGER } });
      expect(status, text).toBe(0);
      return stripVTControlCharacters(text).replaceAll('\r', '').trimEnd().split('\n');
    };
    const plain = paged(['files', 'data'], 'cat');
    expect(plain.length).toBeGreaterThan(100);
    expect(paged(['files', 'data'], 'sed s/^/|/')).toEqual(plain.map((line) => `|${line}`));
    // One that cannot be started, and one that is left early, take nothing away.
    expect(paged(['files', 'data'], 'no-such-pager')).toEqual(plain);
    expect(paged(['files', 'data'], 'head -n 1')).toEqual(plain.slice(0, 1));
    // What fits is there as it is, and so is what a program reads.
    expect(paged(['list'], 'sed s/^/|/').some((line) => line.startsWith('|'))).toBe(false);
    expect(paged(['files', 'data', '--json'], 'sed s/^/|/')[0]).toMatch(/^\{/);
    expect((await place.command(['files', 'data'])).stdout.split('\n').length).toBeGreaterThan(100);
  });

  it('a list that is interrupted while it waits shows what it has by then', async () => {
    const place = Place.open();
    place.write({ 'here.txt': 'x' });
    await place.night();
    place.writePlan(
      'source,destination,name',
      'source,destination,data',
      'source,sftp://nobody@localhost/far,far',
    );
    // In the place of ssh: Ctrl-C as soon as the far one is asked, which never answers.
    const ssh = place.path('ssh');
    writeFileSync(ssh, '#!/bin/sh\nkill -INT $PPID\nexec cat > /dev/null\n', { mode: 0o755 });
    const env = { TERM: 'xterm-256color', SNAPSHOT_PAGER: 'cat -', SNAPSHOT_SSH: ssh };
    // Ended by the signal: what Python makes of -2.
    const { status, text } = onTerminal(place, ['find', 'here.txt'], { env });
    expect([status, screenOf(text)]).toEqual([254, expect.stringContaining('here.txt')]);
  });

  it('a drill says that it has begun', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.night();
    const { status, text } = onTerminal(place, ['verify', '--drill']);
    expect(status).toBe(0);
    expect(text).toContain('data: restoring snapshot 1 of 1, and comparing');
    expect(screenOf(text)).toMatch(/^drill passed +data/);
  });

  it('verify shows a bar, which is gone in the end', async () => {
    const place = Place.open();
    // Long enough to be drawn, however fast the machine is.
    for (let i = 0; i < 40; i++) place.write({ [`${i}.bin`]: noise(4_000_000, i) });
    await place.night();
    const { status, text } = onTerminal(place, ['verify', '--level', 'full'], { columns: 80 });
    expect(status).toBe(0);
    expect(stripVTControlCharacters(text)).toMatch(/data {2}verifying {2}█*░* {2}[\d.]+ [kMG]?B\/160 MB/);
    expect(screenOf(text)).toMatch(/^healthy +data.*\nEverything is as it should be\.\s*$/);
  });

  it.each([60, 80, 110])('the status fits into %i columns, and says what matters', async (columns) => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.night();
    await place.command(['verify', '--drill']);
    const { status, text } = onTerminal(place, ['status'], { columns });
    expect(status).toBe(0);
    const lines = stripVTControlCharacters(text).split(/\r?\n/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines.join('\n')).toMatch(/^data +ok .*(?:now|\dm ago).*in 23h/m);
  });

  it.each([80, 140])('a list fits into %i columns, however many reasons there are', (columns) => {
    const place = Place.open();
    place.writePlan(
      'source,destination,name,keep',
      'source,destination,d,last=3 daily=3 weekly=3 monthly=3 yearly=3',
    );
    for (const content of ['one', 'two', 'three']) {
      place.write({ file: content });
      onTerminal(place, ['run']);
    }
    const { status, text } = onTerminal(place, ['list'], { columns });
    expect(status).toBe(0);
    const [, ...lines] = screenOf(text).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines.join(' ').replace(/ +/g, ' ')).toMatch(/last daily weekly monthly yearly/);
  });

  it('what diff does with the source is shown while it lasts', () => {
    const place = Place.open();
    place.write({ file: 'x' });
    onTerminal(place, ['run']);
    const { status, text } = onTerminal(place, ['diff', 'data', 'now']);
    expect(status).toBe(0);
    expect(text).toContain(`scanning ${place.source}`);
    expect(screenOf(text)).toMatch(/^data: .* -> now\nNo differences\.$/);
  });

  it.each([
    ['coloured', [], {}, true],
    ['plain with --no-color', ['--no-color'], {}, false],
    ['plain with NO_COLOR', [], { NO_COLOR: '1' }, false],
  ])('text is %s', (_, args, env, isColored) => {
    const place = Place.open();
    place.write({ file: 'x' });
    const { text } = onTerminal(place, ['run', ...args], { env: { TERM: 'xterm-256color', ...env } });
    // oxlint-disable-next-line no-control-regex -- colours are such sequences
    expect(/\u001B\[\d+m/.test(text)).toBe(isColored);
  });
});

describe('in a pipe', () => {
  it('there are plain lines, without colours and without anything drawn over', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    const { stdout, stderr } = await place.command(['run']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^data: written, 1 file, 1 B, 1 added, .* on disk, .*s\n/);
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).not.toContain('\r');
  });
});
