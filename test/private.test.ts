// What a destination learns about this machine and its user: what docs/format.md lists, and nothing else.
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasTool, IS_WINDOWS, tool } from './support/command.ts';
import { Place } from './support/place.ts';

/** Every file of a series, decompressed, with its name cut to what it is. */
function plainFiles(place: Place): ReadonlyMap<string, string> {
  const files = readdirSync(place.series(), { recursive: true, encoding: 'utf8', withFileTypes: true });
  return new Map(
    files
      .filter((file) => file.isFile())
      .map(({ parentPath, name }) => {
        const file = join(parentPath, name);
        let bytes = readFileSync(file, 'latin1');
        if (name.endsWith('.zst')) bytes = tool('zstd', ['-dc', file]);
        else if (name.endsWith('.zip')) bytes += tool('unzip', ['-qql', file]) + tool('unzip', ['-p', file]);
        return [join(parentPath.slice(place.series().length), name), bytes];
      }),
  );
}

/** Files that say `text`, without dates and folders. */
function whoSays(files: ReadonlyMap<string, string>, text: string): readonly string[] {
  const found = [...files].filter(([, content]) => content.includes(text));
  return [...new Set(found.map(([file]) => file.slice(file.lastIndexOf('/') + 1)))].toSorted();
}

describe.skipIf(IS_WINDOWS || !hasTool('unzip'))('what lies in a destination', () => {
  it.each(['tar.zst', 'zip'])(
    'tells where things lie in info.json and RESTORE.txt only: %s',
    async (format) => {
      const place = Place.open();
      place.writePlan(
        'source,destination,name,format,keep,exclude',
        `source,destination,data,${format},2,*.excluded-name`,
      );
      place.write({ 'folder/file': 'content', 'kept.excluded-name': 'x' });
      symlinkSync(place.source, join(place.source, 'own target'));
      const env = { SNAPSHOT_SECRET: 'secret-of-the-environment', LC_PAPER: 'paper-of-the-environment' };
      for (const content of ['1', '2', '3']) {
        place.write({ file: content });
        expect((await place.run([], { env })).status).toBe(0);
      }
      tool('rm', [join(place.source, 'folder/file')]);
      tool('mkfifo', [join(place.source, 'folder/file')]);
      expect((await place.run([], { env })).status).toBe(0);
      expect((await place.command(['verify', '--drill'], { env })).status).toBe(0);
      const files = plainFiles(place);
      expect(files.size).toBeGreaterThan(12);
      // Absolute paths: by design. The link's target is what the link says.
      const tree = format === 'zip' ? expect.stringMatching(/~tree\.zip$/) : expect.stringMatching(/~tree/);
      const says = whoSays(files, place.source);
      expect(says.filter((name) => !name.includes('~tree'))).toEqual([
        'RESTORE.txt',
        'index.jsonl.zst',
        'info.json',
      ]);
      expect(says.filter((name) => name.includes('~tree'))).toEqual(
        expect.arrayContaining([tree]) as string[],
      );
      for (const [name, content] of files) {
        if (!name.endsWith('index.jsonl.zst')) continue;
        expect(content.split('\n').filter((line) => line.includes(place.root))).toEqual([
          expect.stringMatching(/^\{"path":"own target","type":"link"/),
        ]);
      }
      expect(whoSays(files, place.destination)).toEqual(['info.json']);
      for (const text of Object.values(env)) expect(whoSays(files, text)).toEqual([]);
      expect(whoSays(files, place.path('home'))).toEqual([]);
      expect(whoSays(files, place.plan)).toEqual([]);
      expect(whoSays(files, 'excluded-name')).toEqual([]);
    },
  );

  it('tells why a run failed, with the paths in the message, in runs.jsonl', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.night();
    place.writePlan('source,destination,name', 'gone,destination,data');
    await place.run();
    expect(whoSays(plainFiles(place), place.path('gone'))).toEqual(['runs.jsonl']);
  });
});
