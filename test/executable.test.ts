// What `npm run build:exe` makes of this program for Linux: one file that needs nothing else, neither Node nor a package.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, hasTool, tool } from './support/command.ts';
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
