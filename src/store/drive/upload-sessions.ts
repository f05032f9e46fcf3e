// Uploads of large files that are under way: kept in a file, so that the next run goes on where one was cut.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Google ends a session after a week. */
const MOST_AGE_MS = 6 * 86_400_000;

export interface Session {
  /** Where the content goes. Whoever knows it may write the file. */
  readonly uri: string;
  /** Of the file that it makes. */
  readonly id: string;
  readonly beganMs: number;
}

export class UploadSessions {
  readonly #file: string;
  #all: Promise<Map<string, Session>> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** @param name - What it makes: the object's place, its size and sum. */
  async find(name: string, nowMs: number = Date.now()): Promise<Session | undefined> {
    const session = (await this.#read()).get(name);
    return session !== undefined && nowMs - session.beganMs < MOST_AGE_MS ? session : undefined;
  }

  async add(name: string, session: Session): Promise<void> {
    (await this.#read()).set(name, session);
    await this.#write();
  }

  async remove(name: string): Promise<void> {
    if ((await this.#read()).delete(name)) await this.#write();
  }

  async #read(): Promise<Map<string, Session>> {
    this.#all ??= readFile(this.#file, 'utf8').then(parsed, () => new Map<string, Session>());
    return await this.#all;
  }

  /** What cannot be kept costs sending it from the start. */
  async #write(): Promise<void> {
    const aside = `${this.#file}.${process.pid}.part`;
    const now = Date.now();
    const live = [...(await this.#read())].filter(([, { beganMs }]) => now - beganMs < MOST_AGE_MS);
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await writeFile(aside, JSON.stringify(Object.fromEntries(live)), { mode: 0o600 });
      await rename(aside, this.#file);
    } catch {
      await rm(aside, { force: true }).catch(() => {});
    }
  }
}

function parsed(text: string): Map<string, Session> {
  try {
    const all = Object.entries(JSON.parse(text) as Record<string, Partial<Session>>);
    return new Map(
      all.flatMap(([name, { uri, id, beganMs }]) =>
        typeof uri === 'string' && typeof id === 'string' && typeof beganMs === 'number'
          ? [[name, { uri, id, beganMs }]]
          : [],
      ),
    );
  } catch {
    return new Map();
  }
}
