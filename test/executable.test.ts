// What `npm run build:exe` and `npm run build:deb` make of this program for Linux: it needs nothing else, neither Node nor a package.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, hasTool, IS_ROOT, tool } from './support/command.ts';
import { Place } from './support/place.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RELEASE = join(ROOT, 'release');
const CAN_BUILD = process.platform === 'linux' && process.arch === 'x64';

/** As on a machine where nothing is installed: no program is found by its name. */
function execute(file: string, args: readonly string[], cwd: string): Ended {
  const env = { HOME: cwd, PATH: join(cwd, 'nothing'), XDG_STATE_HOME: join(cwd, 'state') };
  const { status, signal, stdout, stderr } = spawnSync(file, args, { cwd, env, encoding: 'utf8' });
  return { status, signal, stdout, stderr };
}

describe.skipIf(!CAN_BUILD)('the executable', () => {
  let executable = '';
  const fine = (args: readonly string[], cwd: string): string => {
    const { status, stdout, stderr } = execute(executable, args, cwd);
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
    return stdout;
  };

  beforeAll(() => {
    tool('npx', ['tsc', '-p', 'packaging'], ROOT);
    tool(process.execPath, ['packaging/dist/build-exe.js', 'linux-x64'], ROOT);
    executable = join(
      RELEASE,
      readdirSync(RELEASE).find((name) => /^snapshot-.*-linux-x64$/.test(name)) ?? '',
    );
  }, 300_000);

  it('is one file of less than 150 MB, with its sum and the licences of what is in it beside it', () => {
    expect(statSync(executable).size).toBeLessThan(150_000_000);
    const sum = createHash('sha256').update(readFileSync(executable)).digest('hex');
    expect(readFileSync(join(RELEASE, 'SHA256SUMS'), 'utf8')).toContain(sum);
    const licences = readFileSync(join(RELEASE, 'LICENCES.txt'), 'utf8');
    for (const name of ['yargs', 'pino', 'hash-wasm', '@koromix/koffi-linux-x64', 'Node.js'])
      expect(licences).toMatch(new RegExp(`^${name}`, 'm'));
  });

  it('backs up, looks, restores and verifies, with all that threads and native code do', () => {
    const { root } = Place.open();
    mkdirSync(join(root, 'docs'));
    writeFileSync(join(root, 'docs', 'a.txt'), 'content');
    writeFileSync(join(root, 'docs', 'left-out.tmp'), 'content');
    writeFileSync(join(root, 'docs', 'sparse'), '');
    truncateSync(join(root, 'docs', 'sparse'), 5_000_000);
    const hasAttributes =
      hasTool('setfattr') &&
      spawnSync('setfattr', ['-n', 'user.colour', '-v', 'blue', join(root, 'docs', 'a.txt')]).status === 0;
    fine(['init', '--plan', 'my-plan.csv'], root);
    writeFileSync(join(root, 'my-plan.csv'), 'source,destination,name,exclude\ndocs,disk,documents,*.tmp\n');
    expect(fine(['check', '--plan', 'my-plan.csv'], root)).toContain('zstd from Node.js');
    expect(fine(['run', '--plan', 'my-plan.csv'], root)).toContain('documents: written, 2 files, 5 MB');
    expect(fine(['run', '--plan', 'my-plan.csv'], root)).toContain('nothing changed');
    expect(fine(['list', '--plan', 'my-plan.csv'], root)).toContain('1 snapshot');
    fine(['verify', '--plan', 'my-plan.csv', '--level', 'full'], root);
    fine(['restore', 'documents', '--plan', 'my-plan.csv', '--to', 'back'], root);
    expect(readFileSync(join(root, 'back', 'a.txt'), 'utf8')).toBe('content');
    expect(statSync(join(root, 'back', 'sparse')).blocks).toBe(statSync(join(root, 'docs', 'sparse')).blocks);
    if (hasAttributes) expect(tool('getfattr', ['-d', 'back/a.txt'], root)).toContain('user.colour="blue"');
    fine(['mirror', 'docs', 'mirrored'], root);
    expect(readdirSync(join(root, 'mirrored', 'docs'))).toContain('left-out.tmp');
  });

  it('says what is wrong, with the status of it', () => {
    const { root } = Place.open();
    const { status, stderr } = execute(executable, ['run', '--plan', 'none.csv'], root);
    expect(stderr).toMatch(/^error: Cannot read the plan "none.csv"/);
    expect(status).toBe(2);
  });

  it('says what is lost where native code cannot be loaded, and goes on', () => {
    const { root } = Place.open();
    for (const command of ['check', 'run']) {
      const { status, stdout, stderr } = spawnSync(executable, [command, '--plan', 'plan.csv'], {
        cwd: root,
        env: { HOME: root, XDG_STATE_HOME: root, TMPDIR: join(root, 'none') },
        encoding: 'utf8',
      });
      expect(`${stdout}${stderr}`).toContain('no program may lie in the temporary folder');
      expect(status).toBe(0);
    }
  });

  it('is what a schedule calls, without Node', () => {
    const { root } = Place.open();
    mkdirSync(join(root, 'docs'));
    writeFileSync(join(root, 'my-plan.csv'), 'source,destination,name\ndocs,disk,documents\n');
    const { stdout } = spawnSync(
      executable,
      ['schedule', 'install', '--with', 'systemd', '--at', '02:00', '--plan', 'my-plan.csv', '--dry-run'],
      { cwd: root, encoding: 'utf8' },
    );
    expect(stdout).toContain(` "${executable}" "run" "--plan" "${join(root, 'my-plan.csv')}"`);
  });

  it('takes no package of a folder above it', () => {
    const { root } = Place.open();
    const planted = join(root, 'node_modules', 'ignore');
    mkdirSync(planted, { recursive: true });
    writeFileSync(join(planted, 'index.js'), "throw new Error('planted');\n");
    mkdirSync(join(root, 'docs'));
    writeFileSync(join(root, 'my-plan.csv'), 'source,destination,name,exclude\ndocs,disk,documents,*.tmp\n');
    tool('cp', [executable, 'snapshot'], root);
    const { status, stderr } = execute(join(root, 'snapshot'), ['run', '--plan', 'my-plan.csv'], root);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

/** The package is installed into a folder of its own, with a list of packages of its own: that of the machine stays as it is. */
describe.skipIf(!CAN_BUILD || !IS_ROOT || !hasTool('dpkg-deb'))('the package for Debian', () => {
  let packed = '';
  beforeAll(() => {
    tool(process.execPath, ['packaging/dist/build-deb.js'], ROOT);
    packed = join(RELEASE, readdirSync(RELEASE).find((name) => name.endsWith('.deb')) ?? '');
  }, 300_000);

  it('is installed by dpkg, runs, and is removed without a trace', () => {
    const { root } = Place.open();
    const machine = join(root, 'machine');
    mkdirSync(join(machine, 'var/lib/dpkg/info'), { recursive: true });
    mkdirSync(join(machine, 'var/lib/dpkg/updates'));
    writeFileSync(join(machine, 'var/lib/dpkg/status'), '');
    const dpkg = (...args: readonly string[]): string =>
      tool('dpkg', ['--root', machine, '--force-depends', ...args], root);
    dpkg('-i', packed);
    expect(dpkg('-s', 'snapshot')).toContain('Status: install ok installed');
    const program = join(machine, 'usr/bin/snapshot');
    expect(execute(program, ['--version'], root)).toMatchObject({
      status: 0,
      stdout: `${/_([\d.]+)_/.exec(packed)?.[1]}\n`,
    });
    expect(execute(program, ['check', '--plan', 'plan.csv'], root).status).toBe(0);
    // Some systems have no program that would show it.
    const page = gunzipSync(readFileSync(join(machine, 'usr/share/man/man1/snapshot.1.gz'))).toString();
    expect(page).toMatch(/^\.TH/m);
    const [timer, service] = ['timer', 'service'].map((kind) =>
      readFileSync(join(machine, 'usr/lib/systemd/system', `snapshot.${kind}`), 'utf8'),
    );
    expect(service).toContain('ExecStart=/usr/bin/snapshot run --plan /etc/snapshot/backup-plan.csv');
    expect(timer).toContain('OnCalendar=');
    for (const shell of ['bash-completion/completions/snapshot', 'zsh/vendor-completions/_snapshot'])
      expect(readFileSync(join(machine, 'usr/share', shell), 'utf8')).toContain('--get-yargs-completions');
    expect(statSync(machine).mode & 0o777).toBe(0o755);

    dpkg('--purge', 'snapshot');
    expect(existsSync(join(machine, 'usr'))).toBe(false);
  });

  it.skipIf(!hasTool('systemd-analyze'))('has units that systemd understands', () => {
    const { root } = Place.open();
    tool('dpkg-deb', ['-x', packed, root]);
    // The program is where the unit says on a machine that has it only.
    const unit = join(root, 'usr/lib/systemd/system/snapshot.service');
    writeFileSync(
      unit,
      readFileSync(unit, 'utf8').replace('/usr/bin/snapshot', join(root, 'usr/bin/snapshot')),
    );
    const { stderr, status } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', unit, unit.replace('.service', '.timer')],
      {
        encoding: 'utf8',
      },
    );
    expect({ status, stderr: stderr.split('\n').filter((line) => line.includes(root)) }).toEqual({
      status: 0,
      stderr: [],
    });
  });
});
