// How much a library may still take in.
import { statfs } from 'node:fs/promises';
import { formatBytes } from '../../base/amounts.ts';
import { systemCode } from '../../base/errors.ts';
import { Refusal } from '../refusal.ts';

export interface RoomLimits {
  /** Bytes of one file. */
  readonly mostFileBytes: number;
  /** Bytes of all files of an account; undefined: as many as fit. */
  readonly quotaBytes: number | undefined;
  /** Bytes that stay free on the disk. */
  readonly minFreeBytes: number;
}

/** Between two looks at the disk. */
const LOOK_BYTES = 16 * 2 ** 20;

/** Counts what is arriving, so that uploads at the same time do not share the same room. */
export class Room {
  readonly #folder: string;
  readonly #limits: RoomLimits;
  #arriving = 0;

  constructor(folder: string, limits: RoomLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Room for one file. @param held - Bytes that are there, asked each time. */
  forOne(held: () => number): {
    readonly allow: (bytes: number) => Promise<void>;
    readonly release: () => void;
  } {
    let own = 0;
    let looked = -1;
    return {
      allow: async (bytes) => {
        const { mostFileBytes, quotaBytes, minFreeBytes } = this.#limits;
        if (bytes > mostFileBytes)
          throw new Refusal(413, `Files may have ${formatBytes(mostFileBytes)} here at most`, {
            status: 'large',
          });
        if (quotaBytes !== undefined && held() + this.#arriving - own + bytes > quotaBytes)
          throw new Refusal(413, `The ${formatBytes(quotaBytes)} of this account are used up`, {
            status: 'quota',
          });
        this.#arriving += bytes - own;
        own = bytes;
        if (looked >= 0 && bytes - looked < LOOK_BYTES) return;
        looked = bytes;
        const { bavail, bsize } = await statfs(this.#folder);
        if (bavail * bsize < minFreeBytes) throw full();
      },
      release: () => {
        this.#arriving -= own;
        own = 0;
      },
    };
  }
}

function full(): Refusal {
  return new Refusal(507, 'The disk of the server is as full as it may be', { status: 'full' });
}

/** What the system says of a full disk, as what the client is told; anything else as it is. */
export function asRefusal(error: unknown): unknown {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '') ? full() : error;
}
