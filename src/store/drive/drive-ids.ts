// Ids of files that are to be made: fetched before, so that what is made twice is noticed.
// https://developers.google.com/workspace/drive/api/guides/create-file#generate-ids
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import type { DriveClient } from './drive-client.ts';

/** So many are fetched at once: enough for weeks of nights. Google gives up to 1000. */
const COUNT = 200;

/** What waits in the file, and who reads it: each file once at a time in this process. */
let busy: Promise<unknown> = Promise.resolve();

/** A stock of ids, which a file keeps from run to run. */
export class DriveIds {
  readonly #client: DriveClient;
  readonly #file: string;

  constructor(client: DriveClient, file: string) {
    this.#client = client;
    this.#file = file;
  }

  /**
   * One that is used for nothing yet. Should another process take the same one, Google says so: there is a file of that id already.
   *
   * @param what - For errors.
   */
  async take(what: string): Promise<string> {
    const taking = busy.then(async () => await this.#take(what));
    busy = taking.catch(() => {});
    return await taking;
  }

  async #take(what: string): Promise<string> {
    const ids = await readIds(this.#file);
    const [id, ...rest] = ids.length > 0 ? ids : await this.#fetch(what);
    if (id === undefined) throw new SnapshotError('E_STORE', `${what}: Google gives no ids`);
    await this.#keep(rest);
    return id;
  }

  async #fetch(what: string): Promise<readonly string[]> {
    const query = { count: String(COUNT), space: 'drive', type: 'files' };
    const json = await this.#client.json({ method: 'GET', path: 'files/generateIds', query, what });
    return idsIn(json);
  }

  /** What cannot be kept is fetched anew the next time. */
  async #keep(ids: readonly string[]): Promise<void> {
    const aside = `${this.#file}.${process.pid}.part`;
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await writeFile(aside, JSON.stringify({ ids }), { mode: 0o600 });
      await rename(aside, this.#file);
    } catch {
      // Never the same ones again: what is there says so.
      await rm(aside, { force: true }).catch(() => {});
      await rm(this.#file, { force: true }).catch(() => {});
    }
  }
}

async function readIds(file: string): Promise<readonly string[]> {
  try {
    return idsIn(JSON.parse(await readFile(file, 'utf8')) as unknown);
  } catch {
    return [];
  }
}

function idsIn(json: unknown): readonly string[] {
  const ids: unknown = typeof json === 'object' && json !== null && 'ids' in json ? json.ids : undefined;
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}
