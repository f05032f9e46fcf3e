// What is said of words, options and values that are wrong.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandLine, environment, IS_LINUX, IS_ROOT, IS_WINDOWS, snapshot } from './support/command.ts';
import { listing, Place } from './support/place.ts';

describe('an empty value', () => {
  it.each(['--to', '--at', '--plan', '--log', '--config'])(
    '%s: nothing is restored, as a variable that is not set may be meant',
    async (option) => {
      const place = Place.open();
      place.write({ file: 'x' });
      await place.night();
      const before = listing(place.root);
      const to = option === '--to' ? [] : ['--to', 'restored'];
      const { status, stderr } = await place.command(['restore', 'data', ...to, option, '']);
      expect(status).toBe(2);
      expect(stderr).toContain(`${option} is empty`);
      expect(listing(place.root)).toEqual(before);
    },
  );

  it.each(['--before', '--after'])('%s is no command', async (option) => {
    const place = Place.open();
    place.write({ file: 'x' });
    const { status, stderr } = await place.command(['run', option, '']);
    expect({ status, snapshots: place.snapshots() }).toEqual({ status: 2, snapshots: [] });
    expect(stderr).toContain(`${option} is empty`);
  });
});

describe('a name on another machine', () => {
  it.each(['nas:backup', 'ftp://host/x'])('%s is never made a folder here', async (name) => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.run();
    const before = listing(place.root);
    for (const args of [
      ['restore', 'data', '--to', name],
      ['run', '--log', `${name}/log`],
    ]) {
      const { status, stderr } = await place.command(args);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringMatching(/mount it/i) as string,
      });
    }
    const plan = place.path('remote.csv');
    writeFileSync(plan, `source,destination\n${place.source},${name}\n`);
    const { status, stderr } = await place.command(['run', '--plan', plan]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/line 2: the (?:name|address) .*in column `destination`: mount it/);
    rmSync(plan);
    expect(listing(place.root)).toEqual(before);
  });
});

describe('wrong use', () => {
  it.each([
    [['restore', 'data'], 'Missing: --to', 'snapshot restore --help'],
    [['files'], 'Missing: SERIES', 'snapshot files --help'],
    [['find'], 'Missing: GLOBS', 'snapshot find --help'],
    [['run', '--only'], '--only needs a value', 'snapshot run --help'],
    [['run', 'data'], 'Too many words for `snapshot run`: `data`', 'Rows are named with `--only`'],
    [['status', 'data', 'more'], 'Too many words for `snapshot status`: `more`', 'snapshot status --help'],
    [['run', '--notify-on', 'never'], '--notify-on never: it takes always or trouble', 'snapshot run --help'],
    [
      ['verify', '--level', 'deep\u001b[31m'],
      '--level deep\\u001b[31m: it takes quick or full',
      'snapshot verify --help',
    ],
    [
      ['schedule', 'install', '--with', 'cron'],
      '--with cron: it takes systemd, crontab, launchd or task',
      'snapshot schedule install --help',
    ],
    [['completion', 'tcsh'], 'SHELL tcsh: it takes bash, zsh or fish', 'snapshot completion --help'],
  ])('%j: says what, and where to look', async (args, message, hint) => {
    const { status, stdout, stderr } = await Place.open().command(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const [first, second] = stderr.split('\n');
    expect(first).toBe(`error: ${message}`);
    expect(second).toContain(hint);
  });
});

describe('help', () => {
  it.each([
    [['run'], 'What to do:'],
    [['notify'], 'Options:'],
    [['files'], 'Options:'],
    [['find'], 'Options:'],
    [['status'], 'Options:'],
    [['restore'], 'Options:'],
    [['verify'], 'Options:'],
    [['shutdown'], 'Options:'],
    [['schedule'], 'When:'],
    [['schedule', 'install'], 'When:'],
    [['schedule', 'show'], 'Options:'],
    [['schedule', 'remove'], 'Options:'],
    [['serve', 'user'], 'Options:'],
    [['serve', 'token'], 'Options:'],
  ])('%j: fits into 80 columns, its own options before the names of the common ones', async (args, group) => {
    const place = Place.open();
    const { status, stdout } = await place.command([...args, '--help']);
    expect(status).toBe(0);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    // No word without what it means.
    expect(stdout).not.toMatch(/^ {2}[A-Z.]+$/m);
    const titles: readonly string[] = stdout.match(/^[A-Z][a-z ,]+:(?=$| --)/gm) ?? [];
    const common = titles.indexOf('For every command:');
    expect(titles.indexOf(group)).toBeGreaterThanOrEqual(0);
    expect(titles.indexOf(group)).toBeLessThan(common);
    expect(titles.slice(common + 1)).toEqual(['Examples:']);
    expect(await place.command(['help', ...args])).toMatchObject({ status, stdout, stderr: '' });
    expect(await place.command([...args, '-h'])).toMatchObject({ status, stdout, stderr: '' });
  });

  it('is what the program alone shows, with every command', async () => {
    const place = Place.open();
    const alone = await snapshot([], place.options());
    expect(alone).toMatchObject({ status: 0, stderr: '' });
    expect(alone.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    for (const args of [['--help'], ['-h'], ['help']])
      expect(await snapshot(args, place.options())).toEqual(alone);
    const { stdout: offered } = await snapshot(['--get-yargs-completions', 'snapshot', ''], place.options());
    const commands = offered.split('\n').map((line) => line.split(':')[0] ?? '');
    const shown = alone.stdout.match(/^ {2}[a-z]+/gm)?.map((line) => line.trim());
    expect(shown).toEqual(expect.arrayContaining(commands.filter((name) => /^[a-z]+$/.test(name))));
  });

  it('says what the value of an option is, its default, and what must be there', async () => {
    const { stdout } = await Place.open().command(['help', 'restore']);
    expect(stdout).toContain('Usage: snapshot restore [SERIES] [GLOB...] [OPTION...]\n');
    expect(stdout).toMatch(/^ {2}-t, --to FOLDER +The folder to restore into; it, or --to-file,/m);
    expect(stdout).toMatch(/^ {2}--overwrite MODE .*\(never,\n +if-changed, always; default: never\)$/m);
    expect(stdout).toMatch(/^ {2}-n, --dry-run +Say what would be done, and do nothing$/m);
    expect(stdout).not.toContain('boolean');
  });

  it('shows what is on by itself as what switches it off', async () => {
    expect((await Place.open().command(['help'])).stdout).toMatch(/^ {2}--no-color +No colours$/m);
  });

  it.each([
    ['help', 'restroe'],
    ['restroe', '--help'],
  ])('of a command that is none: %s %s', async (...args) => {
    const { status, stdout, stderr } = await Place.open().command(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('error: Unknown command: `restroe`\n  Did you mean `restore`?\n');
  });
});

describe('an option with a slip', () => {
  it('is named, not what is missing for it', async () => {
    const { status, stderr } = await Place.open().command(['restore', 'data', '--overwrit', 'x']);
    expect(status).toBe(2);
    expect(stderr).toBe('error: Unknown argument: `overwrit`\n  Did you mean `--overwrite`?\n');
  });
});

describe('short options', () => {
  it('stand for the usual ones', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    expect((await snapshot(['-V'], place.options())).stdout).toBe(
      (await snapshot(['--version'], place.options())).stdout,
    );
    const dry = await snapshot(['run', '-n', '-f', place.plan], place.options());
    expect({ status: dry.status, snapshots: place.snapshots() }).toEqual({ status: 0, snapshots: [] });
    expect(await snapshot(['run', '-q', '-f', place.plan], place.options())).toMatchObject({
      status: 0,
      stdout: '',
    });
    const restored = await snapshot(['restore', 'data', '-t', 'restored', '-f', place.plan], place.options());
    expect(restored.status).toBe(0);
    expect(listing(place.path('restored'))).not.toEqual([]);
  });

  it('are held to one value, as long ones are', async () => {
    const { status, stderr } = await Place.open().command(['restore', 'data', '-t', 'a', '-t', 'b']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'error: --to is given twice\n' });
  });
});

describe.skipIf(IS_WINDOWS)('a user without much', () => {
  it('whose working folder is gone is told so', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    for (const args of [['run'], ['list']]) {
      const words = commandLine([...args, '--plan', place.plan]);
      const script = 'mkdir gone && cd gone && rmdir ../gone && "$@"';
      const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', ...words], {
        cwd: place.root,
        env: environment({ ...place.options(), env: { PWD: '' } }),
        encoding: 'utf8',
      });
      expect(stderr).toMatch(
        /^error: The folder that this was started in is not there any more\n {2}Change to/,
      );
      expect(status).toBe(1);
    }
    expect(place.snapshots()).toEqual([]);
  });

  it.skipIf(!IS_LINUX || !IS_ROOT)(
    'who has no account and no HOME can back up, and is told what `~` lacks',
    async () => {
      const place = Place.open();
      place.write({ file: 'x' });
      chmodSync(place.root, 0o755);
      mkdirSync(place.destination);
      chownSync(place.destination, 54_321, 54_321);
      const { HOME: _home, XDG_STATE_HOME: _state, ...env } = environment(place.options());
      const asNumber = ['--reuid', '54321', '--regid', '54321', '--clear-groups', '--'];
      const call = (...args: readonly string[]): { status: number | null; stderr: string } =>
        spawnSync('setpriv', [...asNumber, ...commandLine(args)], {
          cwd: place.root,
          env,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      const run = (): ReturnType<typeof call> => call('run', '--plan', place.plan);
      expect(run()).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(
          /^warning: Cannot open the log "\/var\/lib\/snapshot\/snapshot.log": .*\nwarning: this machine will not remember the rows of the plan: .*\n$/,
        ),
      });
      expect(place.whole()).toHaveLength(1);
      const other = place.path('other');
      mkdirSync(other);
      chownSync(other, 54_321, 54_321);
      chownSync(place.source, 54_321, 54_321);
      expect(call('sync', place.source, other)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
          /^error: Cannot write to "\/var\/lib\/snapshot\/pairs\/.*: permission denied\n {2}Set HOME/,
        ),
      });
      expect(listing(other).filter((path) => !path.startsWith('.'))).toEqual([]);
      for (const path of [place.root, place.plan]) chownSync(path, 54_321, 54_321);
      // Who has no home has no scheduled entries there.
      expect(call('rename', 'data', 'papers', '--plan', place.plan)).toMatchObject({ status: 0 });
      expect(call('rename', 'papers', 'data', '--plan', place.plan)).toMatchObject({ status: 0 });
      expect(call('login', 'gdrive').stderr).not.toContain('internal error');
      place.writePlan('source,destination', '~/documents,destination');
      const { status, stderr } = run();
      expect([status, stderr]).toEqual([
        2,
        expect.stringContaining('no home folder for the path `~/documents`'),
      ]);
    },
  );
});
