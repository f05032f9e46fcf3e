// Places that rclone knows: `rclone:REMOTE:PATH`.
import { SnapshotError } from '../../base/errors.ts';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';
import { webdavObjects } from '../webdav/webdav-objects.ts';
import { AwayError } from '../wrap/retry-objects.ts';
import { RcloneServer } from './rclone-server.ts';

/** It keeps silent while it sends on what it has: those places have their own limits, which it watches. */
const SILENCE_MS = 600_000;

/** @throws {@link SnapshotError} `E_USAGE` for the address, `E_HOST` without rclone, `E_STORE` for a remote that it does not know. */
export async function openRclone(address: string, env: NodeJS.ProcessEnv = process.env): Promise<Objects> {
  const remote = rcloneRemote(address);
  return new RcloneObjects(address, remote, env, await RcloneServer.start(remote, env));
}

/** What rclone calls it. Pure. @throws {@link SnapshotError} `E_USAGE` */
export function rcloneRemote(address: string): string {
  const [, name = '', path = ''] = /^rclone:([^:]*):(.*)$/s.exec(address) ?? [];
  // Options behind a comma may be secrets, and what begins with a dash is an option.
  if (!/^[\w\p{L}\p{N}][\w\p{L}\p{N}.+@ -]*$/u.test(name)) {
    throw new SnapshotError('E_USAGE', `"rclone:${name.replace(/,.*$/s, ',***')}:" is no name of a remote`, {
      hint: 'It is written `rclone:REMOTE:PATH`, with a remote of `rclone listremotes`. Its options belong into `rclone config`.',
    });
  }
  if (path.split('/').includes('..') || path.includes('\0')) {
    throw new SnapshotError('E_USAGE', `"${address}" has a path that leads back`);
  }
  return `${name}:${path}`;
}

class RcloneObjects implements Objects {
  readonly label: string;
  readonly #remote: string;
  readonly #env: NodeJS.ProcessEnv;
  #server: RcloneServer;
  #inner: Objects;
  #isClosed = false;
  #restarting: Promise<void> | undefined;

  constructor(label: string, remote: string, env: NodeJS.ProcessEnv, server: RcloneServer) {
    this.label = label;
    this.#remote = remote;
    this.#env = env;
    this.#server = server;
    this.#inner = this.#objectsOn(server);
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    return await this.#do(async (inner) => await inner.list(folder, signal));
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    return await this.#do(async (inner) => await inner.get(key, range, signal));
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#do(async (inner) => await inner.put(key, bytes, signal));
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    await this.#do(async (inner) => await inner.putFile(key, file, signal));
  }

  async remove(key: string): Promise<void> {
    await this.#do(async (inner) => await inner.remove(key));
  }

  async removeFolder(key: string): Promise<boolean> {
    return await this.#do(async (inner) => (await inner.removeFolder?.(key)) ?? false);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#inner.close();
    await this.#restarting?.catch(() => {});
    await this.#server.stop();
  }

  #objectsOn({ origin, login }: RcloneServer): Objects {
    return webdavObjects({ label: this.label, origin, login, folder: '', silenceMs: SILENCE_MS });
  }

  async #do<T>(work: (inner: Objects) => Promise<T>): Promise<T> {
    if (!this.#server.isRunning && !this.#isClosed) {
      this.#restarting ??= this.#restart().finally(() => (this.#restarting = undefined));
      await this.#restarting;
    }
    const server = this.#server;
    server.hush();
    try {
      return await work(this.#inner);
    } catch (error) {
      throw error instanceof SnapshotError ? withReason(error, server.reason) : error;
    }
  }

  async #restart(): Promise<void> {
    await this.#inner.close();
    this.#server = await RcloneServer.start(this.#remote, this.#env);
    this.#inner = this.#objectsOn(this.#server);
  }
}

/** What rclone's answer is short of, its log has: which of the many kinds of place has said no, and why. */
function withReason(error: SnapshotError, reason: string | undefined): SnapshotError {
  if (reason === undefined) return error;
  const message = `${error.message}; rclone says: ${reason}`;
  if (/no space left|quota|storage.{0,20}(?:full|exceeded)|insufficient (?:storage|space)/i.test(reason))
    return new SnapshotError('E_SPACE', message, { cause: error, hint: 'Make room there.' });
  if (
    /permission denied|access denied|forbidden|unauthori[sz]ed|invalid_grant|invalid.{0,10}token|\b40[13]\b/i.test(
      reason,
    )
  ) {
    const hint = '`rclone config reconnect REMOTE:` signs in anew; check what its user may do there.';
    return new SnapshotError('E_AUTH', message, { cause: error, hint });
  }
  const isAway =
    /no such host|refused|time ?out|timed out|unreachable|connection reset|too many requests|rate ?limit|\b(?:429|50[0234])\b/i;
  if (error.code === 'E_AWAY' || isAway.test(reason)) return new AwayError(message, { cause: error });
  return new SnapshotError(error.code, message, {
    cause: error,
    hint: '`rclone lsd` and `rclone rcat` with the same remote may tell more.',
  });
}
