// More than 50,000 files go in and come out equal, as another program sees it.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTool, IS_LINUX, IS_ROOT, IS_WINDOWS, tool } from './support/command.ts';
import { Place } from './support/place.ts';

const FOLDERS = 500;
const FILES_EACH = 104;

function makeBigTree(root: string): void {
  for (let i = 0; i < FOLDERS; i++) {
    const folder = join(root, `${i % 20}`, `folder ${i}`);
    mkdirSync(folder, { recursive: true });
    for (let j = 0; j < FILES_EACH; j++)
      writeFileSync(join(folder, `file ${j}.txt`), `${i} ${j}\n`.repeat((i * j) % 40));
    symlinkSync(`../../${(i + 1) % 20}`, join(folder, 'link'));
  }
}

/** Differences between two trees, one per line. */
function differences(a: string, b: string, isZip: boolean): string {
  // Other systems have an rsync that knows less.
  if (!IS_LINUX || !hasTool('rsync')) return tool('diff', ['-r', '--no-dereference', a, b]);
  // A zip holds whole seconds, and no times of links.
  const tolerance = isZip ? ['--modify-window=0', '--omit-link-times'] : ['--modify-window=-1'];
  // The root itself is not in the archive.
  return tool('sh', [
    '-c',
    'rsync -anci --delete "$@" | grep -v "^\\.d[^ ]* \\./$" || true',
    'sh',
    ...tolerance,
    `${a}/`,
    `${b}/`,
  ]);
}

describe.skipIf(IS_WINDOWS)('a tree of 52,000 files', () => {
  let place: Place;
  beforeAll(async () => {
    place = new Place();
    makeBigTree(place.source);
    place.writePlan(
      'source,destination,name,format',
      'source,destination,data,tar.zst',
      // unzip takes long for all of it.
      'source/0,destination,zipped,zip',
    );
    const { status, stderr, events } = await place.run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const rows = events.filter(({ event }) => event === 'row');
    expect(rows).toMatchObject([{ files: FOLDERS * FILES_EACH }, { files: (FOLDERS / 20) * FILES_EACH }]);
  });
  afterAll(() => place.remove());

  it.each(['data', 'zipped'])('comes back equal: %s', (series) => {
    const isZip = series === 'zipped';
    const target = place.path(`out ${series}`);
    // By hand, unzip would leave folders with times of their own.
    if (isZip) tool('sh', [place.file('RESTORE.txt', place.snapshots(series)[0], series), target]);
    else {
      mkdirSync(target);
      for (const archive of place.archives(series))
        tool('tar', ['--zstd', IS_ROOT ? '-xf' : '-xpf', archive], target);
    }
    expect(differences(isZip ? join(place.source, '0') : place.source, target, isZip)).toBe('');
  });

  it('is found unchanged by the next run', async () => {
    const { events } = await place.run();
    expect(events.filter(({ event }) => event === 'row')).toMatchObject([
      { outcome: 'unchanged' },
      { outcome: 'unchanged' },
    ]);
  });

  it('is read anew with --rehash, and found unchanged', async () => {
    const { row } = await place.run(['--rehash', '--only', 'data']);
    expect(row).toMatchObject({ outcome: 'unchanged', files: FOLDERS * FILES_EACH });
  });
});
