import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { noSftp, SftpServer } from '../../test/support/servers/sftp.ts';
import { matching } from '../tree/left-out.ts';
import type { BytePath } from '../tree/path.ts';
import { signal } from './pair.lab.ts';
import { SftpSide } from './sftp-side.ts';
import { type Listing, SideError } from './side.ts';

async function walk(address: string, patterns: readonly string[] = []): Promise<Listing> {
  const side = await SftpSide.open(address);
  onTestFinished(async () => await side.close());
  return await side.walk(matching(patterns), signal);
}

describe.skipIf(noSftp() !== undefined)('a walk on a server', () => {
  let server: SftpServer;
  beforeAll(async () => {
    server = await SftpServer.start('plain');
    vi.stubEnv('SNAPSHOT_SSH', server.ssh);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  /** A folder of the user that logs in, with a file, a link and an empty folder in one. */
  function made(name: string): string {
    const at = join(server.folder, name);
    mkdirSync(join(at, 'sub/empty'), { recursive: true });
    writeFileSync(join(at, 'sub/file'), 'text');
    symlinkSync('file', join(at, 'sub/link'));
    const { uid, gid } = statSync(server.folder);
    for (const folder of ['', 'sub', 'sub/empty']) chownSync(join(at, folder), uid, gid);
    return at;
  }

  it('knows nothing of a folder that may be read and not entered: it is not empty', async () => {
    const at = made('closed');
    expect(await walk(server.address('closed'))).toMatchObject({ items: { size: 4 }, problems: [] });
    chmodSync(join(at, 'sub'), 0o644);
    const { items, problems } = await walk(server.address('closed'));
    expect([[...items.keys()], problems]).toEqual([
      ['sub'],
      [{ path: 'sub', reason: expect.any(String) as string, kind: 'trouble' }],
    ]);
    chmodSync(at, 0o644);
    await expect(walk(server.address('closed'))).rejects.toThrow(SideError);
  });

  it('leaves out what another pair keeps for itself in a folder below the root', async () => {
    const at = made('nested');
    mkdirSync(join(at, 'sub/.snapshot-data'));
    const own = ['.sync', '.sync.lock', '.snapshot-data/sync.json', '.snapshot-0123456789abcdef.part'];
    for (const name of own) writeFileSync(join(at, 'sub', name), 'theirs');
    writeFileSync(join(at, '.snapshot-0123456789abcdef.part'), 'ours');
    const found = await walk(server.address('nested'));
    expect([...found.items.keys()]).toEqual(['sub', 'sub/empty', 'sub/file', 'sub/link']);
    expect(found.parts).toEqual(['.snapshot-0123456789abcdef.part']);
    const paths = ['sub/.sync', 'sub/.snapshot-data/sync.json', 'other/.snapshot-data', 'sub/file'];
    expect(paths.map((path) => found.isLeftOut(path as BytePath))).toEqual([true, true, true, false]);
  });

  // What a process of root runs is nothing that others may see.
  it.skipIf(process.getuid?.() !== 0)('names a link that may not be read, and goes on', async () => {
    const address = server.address('').replace(server.folder, '/proc/1');
    const { items, problems } = await walk(address, ['*', '!/exe', '!/comm']);
    expect([[...items.keys()], problems]).toEqual([
      ['comm'],
      [{ path: 'exe', reason: expect.any(String) as string, kind: 'trouble' }],
    ]);
  });
});
