// Snapshots and their files on the standard output and in files, as a user asks for them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine, environment, eventsOf, IS_LINUX } from './support/command.ts';
import { Place } from './support/place.ts';

/** Runs a line of shell in which `$S` is the command. */
function shell(place: Place, line: string): { status: number | null; stdout: string; stderr: string } {
  const command = commandLine([]).map((word) => `'${word}'`);
  const ended = spawnSync('bash', ['-c', line.replaceAll('$S', command.join(' '))], {
    cwd: place.root,
    env: environment(place.options()),
  });
  return { status: ended.status, stdout: ended.stdout.toString(), stderr: ended.stderr.toString() };
}

describe.runIf(IS_LINUX)('export and cat', () => {
  it('write to files, pipes and full disks, and never to a terminal', async () => {
    const place = Place.open();
    place.write({ 'folder/file.txt': 'content\n', large: 'line\n'.repeat(4_000_000) });
    await place.night();
    const of = `data --plan ${place.plan}`;

    expect(shell(place, `$S cat ${of} folder/file.txt`)).toEqual({
      status: 0,
      stdout: 'content\n',
      stderr: '',
    });
    // Who reads goes away.
    const head = shell(place, `set -o pipefail; $S cat ${of} large | head -n 1`);
    expect(head).toEqual({ status: 0, stdout: 'line\n', stderr: '' });
    expect(shell(place, `$S cat ${of} large > /dev/full`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no space left') as string,
    });
    expect(shell(place, `$S export ${of} --as tar --to - | tar -xOf - folder/file.txt`)).toEqual({
      status: 0,
      stdout: 'content\n',
      stderr: '',
    });
    for (const to of ['/dev/full', '>(head -c 1 > /dev/null)'])
      expect(shell(place, `$S export ${of} --as tar --to - > ${to}`)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('is no whole archive') as string,
      });
    expect(shell(place, `script -qec "$S export ${of} --as tar --to -" /dev/null`)).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('not written to a terminal') as string,
    });
    for (const [options, why] of [
      ['--to -', 'which kind of archive'],
      ['--to x.rar', 'which kind of archive'],
      ['--to - --as tar --json', 'both want the standard output'],
      ['--to x.zip --as rar', 'it takes zip, tar, tar.gz or tar.zst'],
      ['--to x.zip --to y.zip', '--to is given twice'],
    ] as const) {
      const ended = shell(place, `$S export ${of} ${options}`);
      expect(ended.status, options).toBe(2);
      expect(ended.stdout + ended.stderr, options).toContain(why);
    }

    const json = await place.command(['export', 'data', '--to', 'x.tgz', '--json']);
    expect(eventsOf(json).at(-1)).toMatchObject({
      event: 'end',
      status: 0,
      files: 2,
      folders: 1,
      format: 'tar.gz',
    });
    const file = join(place.root, 'x.tgz');
    expect(existsSync(file)).toBe(true);
    const before = readFileSync(file);
    const again = shell(place, `$S export ${of} --to x.tgz`);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('--overwrite') as string });
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
