// A second library that follows a served one.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Ended, eventsOf, type JsonEvent, type Running } from './command.ts';
import { Served, sha256 } from './served.ts';

export class Followed {
  readonly served: Served;
  readonly folder: string;
  token = '';

  private constructor(served: Served) {
    this.served = served;
    this.folder = served.place.path('second');
  }

  /** Of a new library, that nobody watches: what is done to it is seen by {@link sync}. */
  static async open(more: readonly string[] = []): Promise<Followed> {
    const followed = new Followed(await Served.open(['--no-watch', ...more]));
    followed.token = await followed.served.token('read');
    return followed;
  }

  /** Follows once. */
  async once(args: readonly string[] = [], url: string = this.served.url): Promise<Ended> {
    const minFree = args.includes('--min-free') ? [] : ['--min-free', '0'];
    const all = ['serve', 'mirror', url, this.folder, '--once', ...minFree, ...args];
    return await this.served.place.command(all, { env: { SNAPSHOT_TOKEN: this.token } });
  }

  /** The same; what the round came to. Throws unless all of it is well. */
  async round(args: readonly string[] = [], url: string = this.served.url): Promise<JsonEvent> {
    const ended = await this.once(['--json', ...args], url);
    const round = eventsOf(ended).find(({ event }) => event === 'round');
    if (ended.status !== 0 || round === undefined) throw new Error(`${ended.stdout}\n${ended.stderr}`);
    return round;
  }

  /** Follows until it is told to stop. */
  live(url: string = this.served.url, more: readonly string[] = []): Running {
    const args = ['serve', 'mirror', url, this.folder, '--json', '--min-free', '0', ...more];
    return this.served.place.start(args, { env: { SNAPSHOT_TOKEN: this.token } });
  }

  /** Lets the first library notice what was done to its folder. */
  async sync(): Promise<void> {
    const { status } = await this.served.curl('/sync', this.token, ['-X', 'POST']);
    if (status !== 200) throw new Error(`sync: ${status}`);
  }

  /** A file here. */
  file(path: string): string {
    return join(this.folder, 'files', 'anna', path);
  }

  /** Writes a file here, as somebody on this machine would. */
  write(path: string, content: string): void {
    mkdirSync(dirname(this.file(path)), { recursive: true });
    writeFileSync(this.file(path), content);
  }

  /** Content and time by path, of both. */
  trees(): readonly [there: Tree, here: Tree] {
    return [treeOf(this.served.file('')), treeOf(this.file(''))];
  }

  /** Contents of versions by path, without what says since when. */
  versions(): Readonly<Record<string, string>> {
    const root = join(this.folder, '.snapshot-data', 'versions', 'files', 'anna');
    return Object.fromEntries(
      filesBelow(root).map((name) => [
        name.replace(/~\d{8}T\d{6}Z/, ''),
        readFileSync(join(root, name), 'utf8').slice(0, 100),
      ]),
    );
  }

  /** What has arrived, and has no name yet. */
  arriving(): readonly string[] {
    const at = join(this.folder, 'var', 'accounts', 'anna');
    return [...filesBelow(join(at, 'fetching')), ...filesBelow(join(at, 'parts'))];
  }

  get state(): string {
    return join(this.folder, 'var', 'accounts', 'anna', 'following.json');
  }
}

/** `HASH TIME` by path. */
export type Tree = Readonly<Record<string, string>>;

export function treeOf(root: string): Tree {
  return Object.fromEntries(
    filesBelow(root).map((name) => {
      const at = join(root, name);
      return [name, `${sha256(readFileSync(at))} ${Math.round(statSync(at).mtimeMs)}`];
    }),
  );
}

function filesBelow(root: string): readonly string[] {
  try {
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
    return names
      .filter((name) => statSync(join(root, name)).isFile())
      .map((name) => name.replaceAll('\\', '/'));
  } catch {
    return [];
  }
}
