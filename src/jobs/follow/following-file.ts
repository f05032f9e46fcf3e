// Which library a folder follows, and how far: `following.json`.
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCount } from '../../serve/library/journal-lines.ts';
import { attempt, flushFolder } from '../../store/attempt.ts';

export interface Followed {
  readonly url: string;
  readonly account: string;
  /** The last change there that is here as well. */
  readonly n: number;
  /** Number of the last line of the journal here at that time: others may have gone on from there. */
  readonly here: number;
  /** Files that were here then: what is fetched while a guard holds something makes that no less. */
  readonly files: number;
}

const NAME = 'following.json';

/** @param data - The folder of the account. @returns Undefined when there is none, or it is damaged: all is compared then. */
export async function readFollowed(data: string): Promise<Followed | undefined> {
  const file = join(data, NAME);
  const text = await attempt('read', file, async () => await readFile(file, 'utf8'), undefined);
  if (text === undefined) return undefined;
  try {
    const { following, url, account, n, here, files } = {
      ...(JSON.parse(text) as Readonly<Record<string, unknown>>),
    };
    if (following !== 1 || typeof url !== 'string' || typeof account !== 'string') return undefined;
    return isCount(n) && isCount(here) && isCount(files) ? { url, account, n, here, files } : undefined;
  } catch {
    return undefined;
  }
}

/** @throws SnapshotError `E_STORE` or `E_SPACE`; the earlier one is there then. */
export async function writeFollowed(data: string, followed: Followed): Promise<void> {
  const file = join(data, NAME);
  await attempt('write', file, async () => {
    const handle = await open(`${file}.part`, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify({ following: 1, ...followed })}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${file}.part`, file);
  });
  await flushFolder(dirname(file));
}

/** The accounts that are followed in a folder. @param accounts - The folder with a folder for each. */
export async function followedAccounts(accounts: string): Promise<readonly string[]> {
  const names = await attempt('read', accounts, async () => await readdir(accounts), []);
  const followed = await Promise.all(names.map(async (name) => await readFollowed(join(accounts, name))));
  return followed.flatMap((one) => one?.account ?? []);
}
