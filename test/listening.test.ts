// The backup does not depend on who is listening: a full disk, a closed pipe or terminal, a log that cannot be written.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine, environment, hasTool, IS_LINUX, IS_ROOT, tool, PYTHON } from './support/command.ts';
import { Place } from './support/place.ts';
import { writeZeros } from './support/write-zeros.ts';

const hasFull = existsSync('/dev/full');

/** Two rows, of which the first one fails: there is something to say on both ways out. */
function openTwoRows(): Place {
  const place = Place.open();
  place.write({ 'file.txt': 'text' });
  place.writePlan('source,destination,name', 'missing,destination,first', 'source,destination,second');
  return place;
}

/** Runs `snapshot ...args` with the plan, by a shell that puts its output somewhere. */
function shell(
  place: Place,
  args: readonly string[],
  redirected: string,
): { status: number | null; stderr: string } {
  const words = [...commandLine(args), '--plan', place.plan].map((word) => `'${word}'`).join(' ');
  const { status, stderr } = spawnSync('bash', ['-c', `${words} ${redirected}`], {
    cwd: place.root,
    env: environment(place.options()),
    encoding: 'utf8',
  });
  return { status, stderr };
}

describe.skipIf(!hasFull)('a run that cannot write', () => {
  it.each([
    ['its standard output', '> /dev/full', []],
    ['its standard error', '2> /dev/full', []],
    ['either of them', '> /dev/full 2>&1', []],
    ['its events', '> /dev/full', ['--json']],
  ])('%s runs all rows and what comes after, and ends as ever', (_, redirected, args) => {
    const place = openTwoRows();
    const { status, stderr } = shell(
      place,
      ['run', ...args, '--after', 'echo $SNAPSHOT_STATUS > after'],
      redirected,
    );
    expect(status).toBe(1);
    expect(place.whole('second')).toHaveLength(1);
    expect(readFileSync(place.path('after'), 'utf8').trim()).toBe('1');
    expect(stderr).not.toContain('    at ');
    if (!redirected.includes('2>'))
      expect(stderr).toContain('warning: the standard output cannot be written to: no space left');
    const log = readFileSync(place.path('home', 'snapshot', 'snapshot.log'), 'utf8');
    expect(log).toContain('cannot be written to: no space left');
  });
});

describe.skipIf(!IS_LINUX || !IS_ROOT)('a run whose log is on a full disk', () => {
  it('says so once, also to those who are told, and ends as ever', () => {
    const place = Place.open();
    place.write({ 'file.txt': 'text' });
    mkdirSync(place.path('logs'));
    tool('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', place.path('logs')]);
    onTestFinished(() => void tool('umount', [place.path('logs')]));
    spawnSync('sh', ['-c', 'head -c 20000 /dev/zero > logs/fill'], { cwd: place.root });
    const { status, stderr } = shell(place, ['run', '--log', 'logs/log', '--after', 'touch after'], '');
    expect(status).toBe(0);
    expect(place.whole()).toHaveLength(1);
    expect(stderr).toBe('warning: Cannot write the log "logs/log": no space left\n');
    expect(existsSync(place.path('after'))).toBe(true);
  });
});

describe('a run whose reader goes away', () => {
  it.each([[['--json']], [[]]])('runs all rows, with %j', async (args) => {
    const place = openTwoRows();
    place.writeMany('many', 50);
    const [file = '', ...rest] = commandLine(['run', ...args, '--plan', place.plan]);
    const child = spawn(file, rest, { cwd: place.root, env: environment(place.options()), stdio: 'pipe' });
    child.stdout.destroy();
    child.stderr.destroy();
    const [status] = (await once(child, 'exit')) as [number | null];
    expect(status).toBe(1);
    expect(place.whole('second')).toHaveLength(1);
  });
});

describe.skipIf(!hasFull)('what only tells', () => {
  it('fails when it cannot tell, and says why', async () => {
    const place = Place.open();
    place.write({ 'file.txt': 'text' });
    await place.night();
    const { status, stderr } = shell(place, ['list'], '> /dev/full');
    expect(status).toBe(1);
    expect(stderr).toContain('warning: the standard output cannot be written to: no space left');
    expect(shell(place, ['files', 'data'], '| head -0')).toEqual({ status: 0, stderr: '' });
  });
});

describe.skipIf(!hasFull)('what has done what it was to do', () => {
  it('succeeds although it cannot tell; but a key that nobody has seen is a failure', async () => {
    const place = Place.open();
    place.write({ 'file.txt': 'text' });
    await place.night();
    expect(shell(place, ['rename', 'data', 'papers'], '> /dev/full').status).toBe(0);
    expect(place.snapshots('papers')).toHaveLength(1);
    expect(shell(place, ['key', 'new'], '> /dev/full').status).toBe(1);
  });
});

/** Starts a run in a terminal that hangs up when the run packs; prints its exit code, negative for a signal. */
const HANG_UP = `
import os, pty, re, sys
pid, fd = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
seen = b''
while b'pack' not in seen: seen += os.read(fd, 4096)
os.close(fd)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Takes long to read, and no room in an archive. */
function writeLarge(place: Place): void {
  place.write({ zeros: '' });
  writeZeros(join(place.source, 'zeros'), 500_000_000);
}

describe.skipIf(!hasTool(PYTHON))('a terminal that hangs up', () => {
  it('stops the run cleanly', () => {
    const place = Place.open();
    writeLarge(place);
    const args = ['-c', HANG_UP, ...commandLine(['run', '--json']), '--plan', place.plan];
    const env = { ...environment(place.options()), TERM: 'xterm' };
    const { stdout, stderr } = spawnSync(PYTHON, args, { cwd: place.root, env, encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: '130\n', stderr: '' });
    expect(place.runs().map(({ outcome }) => outcome)).toEqual(['stopped']);
    expect(place.snapshots()).toEqual([]);
  });
});

describe.skipIf(!IS_LINUX)('SIGHUP that was ignored when the run began', () => {
  it.each([
    ['by nohup', 'nohup'],
    ["by a script's trap", "trap '' HUP;"],
  ])('%s stays ignored', async (_, before) => {
    const place = Place.open();
    writeLarge(place);
    const words = [...commandLine(['run', '--json']), '--plan', place.plan]
      .map((word) => `'${word}'`)
      .join(' ');
    const child = spawn('bash', ['-c', `${before} ${words} & echo $!; wait $!`], {
      cwd: place.root,
      env: environment(place.options()),
    });
    let seen = '';
    let isSent = false;
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (isSent || !seen.includes('"phase":"pack"')) return;
      isSent = true;
      process.kill(Number(seen.split('\n')[0]), 'SIGHUP');
    });
    const [status] = (await once(child, 'exit')) as [number | null];
    expect({ isSent, status }).toEqual({ isSent: true, status: 0 });
    expect(place.whole()).toHaveLength(1);
  });
});
