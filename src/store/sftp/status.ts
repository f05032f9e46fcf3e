// Answers that are no: what the server says, and what it means for a store.
import { SnapshotError } from '../../base/errors.ts';
import type { Answer } from './channel.ts';
import { KIND, PacketReader } from './packet.ts';

/** Section 7; those from 11 on are of later versions, and some servers use them in this one. */
export const STATUS = {
  ok: 0,
  end: 1,
  missing: 2,
  denied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
  exists: 11,
  writeProtected: 12,
  noSpace: 14,
  quota: 15,
} as const;

const REASONS: ReadonlyMap<number, string> = new Map([
  [STATUS.end, 'it has ended'],
  [STATUS.missing, 'no such file or folder'],
  [STATUS.denied, 'permission denied'],
  [STATUS.failure, 'the server does not say why'],
  // OpenSSH says so, too, when a name is too long.
  [STATUS.badMessage, 'the server does not take this name or request'],
  [STATUS.unsupported, 'the server cannot do that'],
  [STATUS.exists, 'it exists already'],
  [STATUS.writeProtected, 'the disk is read-only'],
  [STATUS.noSpace, 'no space left'],
  [STATUS.quota, 'the quota is used up'],
]);

/** An answer of the server that is a status, and was to be another one. */
export class SftpStatus extends Error {
  readonly code: number;

  constructor(code: number) {
    super(REASONS.get(code) ?? `the server says ${code}`);
    this.code = code;
  }

  static of({ kind, body }: Answer): SftpStatus {
    if (kind === KIND.status) return new SftpStatus(new PacketReader(body).uint32());
    throw new SnapshotError('E_STORE', `The SFTP server has answered another question (${kind})`);
  }

  /** @param where - For people. */
  toStoreError(action: string, where: string): SnapshotError {
    const message = `Cannot ${action} "${where}": ${this.message}`;
    if (this.code === STATUS.noSpace || this.code === STATUS.quota) {
      return new SnapshotError('E_SPACE', message, { cause: this, hint: 'Make room on the server.' });
    }
    if (this.code === STATUS.denied || this.code === STATUS.writeProtected) {
      const hint = 'Check what the user of the address may do in this folder of the server.';
      return new SnapshotError('E_AUTH', message, { cause: this, hint });
    }
    if (this.code !== STATUS.failure) return new SnapshotError('E_STORE', message, { cause: this });
    const hint =
      'Often a disk that is full, a quota that is used up, or a disk with errors. The log of the server may know.';
    return new SnapshotError('E_STORE', message, { cause: this, hint });
  }
}
