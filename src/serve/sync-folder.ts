import { loadBlake3 } from '../hash/blake3.ts';
import { readClaim, takeClaim } from './claim.ts';
import { type AccountSync, askControl } from './control.ts';
import { ServedFolder } from './folder.ts';
import { Libraries, type OnRead } from './libraries.ts';
import { syncAll } from './sync-all.ts';
import { Accounts } from './users/accounts.ts';

const NO_LIMITS = { mostFileBytes: Number.MAX_SAFE_INTEGER, minFreeBytes: 0 };

/**
 * Holds the journals of a served folder against its files. Where a process serves it, that one does it, and is asked to.
 *
 * @throws SnapshotError `E_USAGE` when it is no library, `E_STORE` when that process does not answer.
 */
export async function syncFolder(
  root: string,
  rehash: boolean,
  onRead: OnRead,
): Promise<readonly AccountSync[]> {
  const folder = new ServedFolder(root);
  await folder.check();
  const { control, secret } = (await readClaim(folder.server)) ?? {};
  if (control !== undefined && secret !== undefined) return await askControl(control, secret, rehash);
  const claim = await takeClaim(folder.server);
  try {
    const accounts = new Accounts(folder.users);
    await accounts.refresh();
    const libraries = new Libraries(folder, accounts, await loadBlake3(), NO_LIMITS, { onRead });
    try {
      return await syncAll(
        accounts.accounts.map(({ name }) => name),
        libraries,
        { rehash, isFirst: true },
      );
    } finally {
      await libraries.close();
    }
  } finally {
    await claim.release();
  }
}
