// The page of the manual that is installed with the program.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasTool, snapshot } from './support/command.ts';
import { Place } from './support/place.ts';

const PAGE = fileURLToPath(new URL('../dist/snapshot.1', import.meta.url));

describe('snapshot(1)', () => {
  it('is where package.json says, and tells of every command and option that help tells of', async () => {
    const place = Place.open();
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      readonly man: readonly string[];
    };
    expect(manifest.man).toEqual(['./dist/snapshot.1']);
    const page = readFileSync(PAGE, 'utf8').replaceAll('\\-', '-');
    const help = (await snapshot(['help'], place.options())).stdout;
    const commands = [...help.matchAll(/^ {2}([a-z]+)(?= |$)/gm)].map(([, name = '']) => name);
    for (const name of new Set(commands.filter((one) => one !== 'snapshot')))
      expect(page).toMatch(new RegExp(String.raw`^\\fBsnapshot ${name}(?: .*)?\\fR$`, 'm'));
    const restore = (await snapshot(['help', 'restore'], place.options())).stdout;
    for (const [option = ''] of restore.matchAll(/--[a-z-]+/g)) expect(page).toContain(option);
    expect(page).toContain('snapshot schedule install');
  });

  it.skipIf(!hasTool('groff'))('is read by groff without a warning', () => {
    const { status, stderr } = spawnSync('groff', ['-man', '-ww', '-z', PAGE], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
