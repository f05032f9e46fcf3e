// Commands that share a process: each has what one of its own would have, and is told what that would not do.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canBeWarm, warmCommand } from './support/warm-command.ts';

/** Runs `text` as a program, as often as there are `args`, one after the other. */
async function runs(text: string, ...args: readonly string[]): Promise<readonly unknown[]> {
  const cwd = realpathSync.native(mkdtempSync(join(tmpdir(), 'snapshot-warm-')));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const main = join(cwd, 'main.mjs');
  writeFileSync(main, text);
  const said = [];
  for (const arg of args) {
    const { stdout, ...reply } = await warmCommand({ main, args: [arg], cwd, env: { NUMBER: arg } });
    said.push({ ...reply, stdout: stdout.replaceAll(cwd, 'CWD') });
  }
  return said;
}

describe('a command in the process of an earlier one', () => {
  it('has its own arguments, folder, variables, output and exit code', async () => {
    const text = `
      console.log(process.argv.slice(2), process.cwd(), process.env);
      process.on('warning', () => console.error('heard'));
      process.emitWarning('told');
      process.exitCode = Number(process.env.NUMBER);`;
    const numbers = ['1', '0', '3'];
    expect(await runs(text, ...numbers)).toEqual(
      numbers.map((number) => ({
        status: Number(number),
        stdout: `[ '${number}' ] CWD { NUMBER: '${number}' }\n`,
        stderr: '(node:0) Warning: told\nheard\n',
        left: [],
        isSpent: false,
      })),
    );
  });

  it('reads nothing, and is waited for', async () => {
    const text = `
      for await (const chunk of process.stdin) console.log(String(chunk));
      setTimeout(() => console.log('last'), 20);`;
    expect(await runs(text, 'a', 'b')).toMatchObject([{ stdout: 'last\n' }, { stdout: 'last\n' }]);
  });

  it('is an error when its own process would not end, or would not end by itself', async () => {
    await expect(runs('setInterval(() => {}, 1000)', 'a')).rejects.toThrow(
      '`snapshot a` would not end for what it leaves open: Timeout',
    );
    await expect(runs('process.exit(7)', 'a')).rejects.toThrow('`snapshot a` killed its process');
    expect(await runs('console.log(1)', 'a')).toMatchObject([{ status: 0, stdout: '1\n' }]);
  });
});

it('is a process of its own for what is looked at only once, and for what writes past the program', () => {
  expect(canBeWarm(['run', '--json'], { SNAPSHOT_TOKEN: 'x', TZ: 'UTC' })).toBe(true);
  for (const name of ['NODE_OPTIONS', 'LANG', 'LC_ALL', 'SNAPSHOT_NATIVE_CALLS', 'SNAPSHOT_GDRIVE_HOST'])
    expect(canBeWarm(['run'], { [name]: 'x' })).toBe(false);
  for (const hook of ['--before', '--after']) expect(canBeWarm(['run', hook, 'true'], {})).toBe(false);
});
