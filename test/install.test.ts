// What a user installs from a fresh clone works without it: the command, the API and its types.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IS_WINDOWS, tool } from './support/command.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The files of this project, as a clone of it has them: nothing is built or installed. */
function clone(to: string): void {
  for (const file of tool('git', ['-c', `safe.directory=${ROOT}`, 'ls-files', '-z'], ROOT).split('\0')) {
    if (file === '' || !existsSync(join(ROOT, file))) continue;
    mkdirSync(join(to, dirname(file)), { recursive: true });
    copyFileSync(join(ROOT, file), join(to, file));
  }
}

/** Runs npm as a user would, who is not in the middle of another `npm test`. */
function npm(args: readonly string[], cwd: string): string {
  const env = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const { status, stdout, stderr } = spawnSync(
    'npm',
    [...args, '--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'],
    { cwd, env: Object.fromEntries(env) },
  );
  if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${stdout.toString()}${stderr.toString()}`);
  return stdout.toString();
}

function exampleOf(page: string): string {
  const [, code] = /^```js\n([^]*?)^```$/m.exec(readFileSync(page, 'utf8')) ?? [];
  if (code === undefined) throw new Error(`${page} has no example`);
  return code;
}

describe.skipIf(IS_WINDOWS)('a fresh clone', () => {
  it(
    'can be installed, and packed; what comes of that needs no clone, and is what docs/api.md says',
    { timeout: 600_000 },
    () => {
      const root = mkdtempSync(join(tmpdir(), 'snapshot-install-'));
      onTestFinished(() => rmSync(root, { recursive: true, force: true }));
      const [project, linked, prefix, app] = ['clone', 'linked', 'prefix', 'app'].map((name) =>
        join(root, name),
      );
      if (project === undefined || linked === undefined || prefix === undefined || app === undefined)
        throw new Error();
      clone(project);
      npm(['install', '--global', '--prefix', linked, '.'], project);
      expect(tool(join(linked, 'bin', 'snapshot'), ['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
      npm(['pack', '--pack-destination', root], project);
      rmSync(project, { recursive: true });
      npm(['install', '--global', '--prefix', prefix, join(root, 'snapshot-0.1.0.tgz')], root);

      mkdirSync(join(app, 'node_modules'), { recursive: true });
      mkdirSync(join(app, 'source'));
      writeFileSync(join(app, 'source', 'file.txt'), 'content');
      writeFileSync(join(app, 'my-plan.csv'), 'source,destination,name\nsource,destination,documents\n');
      const env = { ...process.env, HOME: app, XDG_STATE_HOME: app };
      const ran = spawnSync(join(prefix, 'bin', 'snapshot'), ['run', '--plan', 'my-plan.csv'], {
        cwd: app,
        env,
      });
      expect(ran.stderr.toString()).toBe('');
      expect(ran.status).toBe(0);

      writeFileSync(join(app, 'source', 'file.txt'), 'changed');
      symlinkSync(join(prefix, 'lib', 'node_modules', 'snapshot'), join(app, 'node_modules', 'snapshot'));
      const example = exampleOf(join(ROOT, 'docs', 'api.md'));
      writeFileSync(join(app, 'example.mjs'), example);
      const { status, stdout, stderr } = spawnSync(process.execPath, ['example.mjs'], { cwd: app, env });
      expect(stderr.toString()).toBe('');
      expect(stdout.toString()).toMatch(/^documents written \n\[[^]*\]\nsound\n1 files 0 problems\n$/);
      expect(status).toBe(0);
      expect(readFileSync(join(app, 'restored', 'file.txt'), 'utf8')).toBe('changed');
      expect(tool('unzip', ['-p', 'documents.zip', 'file.txt'], app)).toBe('changed');

      // It says what it wants to know as well, and gives what it says it does.
      const typed = example.replace(
        'console.log(documents.',
        'if (documents === undefined) throw new Error();\n  console.log(documents.',
      );
      writeFileSync(join(app, 'example.mts'), typed);
      const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules', '@types')];
      tool(
        join(ROOT, 'node_modules', '.bin', 'tsc'),
        [
          '--noEmit',
          '--strict',
          '--noUncheckedIndexedAccess',
          '--module',
          'nodenext',
          '--target',
          'es2023',
          ...types,
          'example.mts',
        ],
        app,
      );
    },
  );
});
