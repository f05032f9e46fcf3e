// What lies where in a served folder, see docs/serve.md.
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ensureFolder } from '../base/ensure-folder.ts';
import { reasonOf, SnapshotError } from '../base/errors.ts';
import type { LibraryPlace } from './library/library-place.ts';

export class ServedFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  get users(): string {
    return join(this.root, 'var', 'users.jsonl');
  }

  /** Who serves it. */
  get server(): string {
    return join(this.root, 'var', 'server.json');
  }

  get accessLog(): string {
    return join(this.root, 'var', 'access.log');
  }

  placeOf(account: string): LibraryPlace {
    return { files: join(this.root, 'files', account), data: join(this.root, 'var', 'accounts', account) };
  }

  /** Makes what is missing. @throws {@link SnapshotError} `E_STORE` when that fails. */
  async make(): Promise<void> {
    try {
      await ensureFolder(join(this.root, 'files'), 0o777);
      await ensureFolder(join(this.root, 'var', 'accounts'), 0o700);
    } catch (cause) {
      throw new SnapshotError('E_STORE', `Cannot make the library "${this.root}": ${reasonOf(cause)}`, {
        cause,
      });
    }
  }

  /** @throws {@link SnapshotError} `E_USAGE` when it is no library yet. */
  async check(): Promise<void> {
    const found = await stat(join(this.root, 'var', 'accounts')).catch(() => undefined);
    if (found?.isDirectory() === true) return;
    throw new SnapshotError('E_USAGE', `"${this.root}" is no library yet: it has no accounts`, {
      hint: 'Make one with `snapshot serve user add FOLDER NAME`.',
    });
  }

  /** Makes the folders of an account. Its files are made once: one that is away later is not replaced by an empty one. */
  async makeAccount(account: string): Promise<void> {
    const { files, data } = this.placeOf(account);
    try {
      await mkdir(files, { recursive: true });
      await mkdir(data, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new SnapshotError('E_STORE', `Cannot make the folder "${files}": ${reasonOf(cause)}`, { cause });
    }
  }
}
