import { resolve } from 'node:path';
import { type AddressKind, addressKind, checkedAddress } from '../base/address.ts';
import { closeAtEnd } from '../base/at-end.ts';
import { thisStateFolder } from '../base/state-folder.ts';
import { FolderObjects } from './local/folder-objects.ts';
import { LocalStore } from './local/local-store.ts';
import { ObjectStore } from './object-store.ts';
import type { Objects } from './objects.ts';
import type { Store } from './store.ts';
import { LateLocks } from './wrap/late-locks.ts';
import type { RateLimit } from './wrap/rate-limit.ts';
import { RateObjects } from './wrap/rate-objects.ts';
import { RateStore } from './wrap/rate-store.ts';
import { RememberedObjects } from './wrap/remembered-objects.ts';
import { RetryObjects } from './wrap/retry-objects.ts';

/** What opens each kind of address. Only the one that is used is loaded. */
const KINDS: Readonly<Record<AddressKind, (address: string) => Promise<Objects>>> = {
  azure: async (address) => await (await import('./azure/azure-objects.ts')).openAzure(address),
  gdrive: async (address) => await (await import('./drive/drive-objects.ts')).openDrive(address),
  rclone: async (address) => await (await import('./rclone/rclone-objects.ts')).openRclone(address),
  s3: async (address) => await (await import('./s3/s3-objects.ts')).openS3(address),
  sftp: async (address) => await (await import('./sftp/sftp-objects.ts')).openSftp(address),
  webdav: async (address) => await (await import('./webdav/webdav-objects.ts')).openWebdav(address),
  webdavs: async (address) => await (await import('./webdav/webdav-objects.ts')).openWebdav(address),
};

/** Those whose listings tell when an object has become another one. Drive remembers by itself. */
const TAGGED: ReadonlySet<AddressKind> = new Set(['azure', 's3', 'sftp', 'webdav', 'webdavs']);

/** What comes between a store and the place where its objects lie. */
export type Wrap = (objects: Objects) => Objects;

/**
 * The store that `destination` names: an absolute folder, or an address. Nothing is touched yet.
 *
 * @param limit - Nothing is written to it faster.
 * @param wrap - What objects become on their way there.
 * @throws {@link SnapshotError} `E_USAGE` when it is an address that cannot be used.
 */
export function openStore(destination: string, limit?: RateLimit, wrap?: Wrap): Store {
  const kind = addressKind(destination);
  if (kind === undefined && wrap !== undefined) {
    return objectStore(destination, async () => {
      const objects = new FolderObjects(destination);
      return await Promise.resolve(wrap(limited(objects, limit)));
    });
  }
  if (kind === undefined) {
    const store = new LocalStore(destination);
    return limit === undefined ? store : new RateStore(store, limit);
  }
  const address = checkedAddress(destination);
  const open = KINDS[kind];
  return objectStore(address, async () => {
    const objects = limited(sparing(kind, new RetryObjects(await open(address)), thisStateFolder()), limit);
    return wrap === undefined ? objects : wrap(objects);
  });
}

/**
 * `objects` of a kind, so that a night without changes asks for little.
 *
 * @param folder - In which this machine keeps what it has seen of them.
 */
export function sparing(kind: AddressKind, objects: Objects, folder: string): Objects {
  const remembered = TAGGED.has(kind) ? new RememberedObjects(objects, folder) : objects;
  // A run has to see what others wrote meanwhile. Drive lists all of a series in one answer.
  return kind === 'gdrive' || objects.listsAtOnce === true ? new LateLocks(remembered) : remembered;
}

function objectStore(destination: string, open: () => Promise<Objects>): Store {
  const folder = addressKind(destination) === undefined ? destination : undefined;
  const store = new ObjectStore(labelOf(destination), open, folder);
  closeAtEnd(store);
  return store;
}

function limited(objects: Objects, limit: RateLimit | undefined): Objects {
  return limit === undefined ? objects : new RateObjects(objects, limit);
}

/** What a destination is called, for people and in memory: an absolute folder, or an address. */
export function labelOf(destination: string): string {
  return addressKind(destination) === undefined ? resolve(destination) : destination;
}
