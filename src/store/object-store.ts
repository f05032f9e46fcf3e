import { randomBytes } from 'node:crypto';
import { placeIn } from '../base/address.ts';
import { SnapshotError } from '../base/errors.ts';
import type { Objects } from './objects.ts';
import { putWhole } from './put-whole.ts';
import { removeIfAllowed } from './remove-if-allowed.ts';
import { Spool, type SpoolWriter } from './spool.ts';
import type { Store, StoreItem, StoreWriter } from './store.ts';

/** So many lines are objects of their own before they become one. */
const MOST_LINES = 100;
/** So often lines are read that become one meanwhile. */
const MOST_READS = 3;
const DAY_MS = 86_400_000;

/** A store in a place that only takes whole objects: no rename, no append, and links only where the place has them. */
export class ObjectStore implements Store {
  readonly label: string;
  readonly folder: string | undefined;
  readonly files = undefined;
  readonly #open: () => Promise<Objects>;
  #opened: Promise<Objects> | undefined;
  readonly #spool = new Spool();

  /**
   * @param open - Called when the first object is asked for.
   * @param folder - Where it lies, if that is on this machine.
   */
  constructor(label: string, open: () => Promise<Objects>, folder?: string) {
    this.label = label;
    this.folder = folder;
    this.#open = open;
  }

  async #objects(): Promise<Objects> {
    const opening = (this.#opened ??= this.#open());
    try {
      return await opening;
    } catch (error) {
      // Another time it may be: whoever keeps a store for long asks again.
      if (this.#opened === opening) this.#opened = undefined;
      throw error;
    }
  }

  async list(key: string): Promise<readonly StoreItem[]> {
    const items = await (await this.#objects()).list(key);
    return items.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  async refresh(folder?: string): Promise<void> {
    (await this.#opened)?.refresh?.(folder);
  }

  async distrust(): Promise<void> {
    (await this.#objects()).distrust?.();
  }

  async known(sha256: string): Promise<Buffer | undefined> {
    return await (await this.#objects()).known?.(sha256);
  }

  async read(key: string): Promise<Buffer | undefined> {
    return await (await this.#objects()).get(key);
  }

  async readRange(key: string, offset: number, length: number, signal?: AbortSignal): Promise<Buffer> {
    const bytes =
      length === 0 ? Buffer.alloc(0) : await (await this.#objects()).get(key, { offset, length }, signal);
    const where = placeIn(this.label, key);
    if (bytes === undefined)
      throw new SnapshotError('E_STORE', `Cannot read "${where}": there is no such object`);
    if (bytes.length < length) {
      throw new SnapshotError('E_STORE', `Cannot read "${where}": it ends before byte ${offset + length}`);
    }
    return bytes;
  }

  async create(key: string, signal?: AbortSignal): Promise<StoreWriter> {
    return new ObjectWriter(await this.#objects(), key, this.#spool.create(), signal);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await putWhole(this, key, bytes);
  }

  async link(from: string, to: string): Promise<boolean> {
    return (await (await this.#objects()).link?.(from, to)) ?? false;
  }

  async appendLine(key: string, line: string): Promise<void> {
    const lines = await this.#lineItems(key);
    // In the order of their times; two at once differ all the same.
    const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
    const last = lines.at(-1)?.last ?? '';
    const name = `${time > last ? time : nameAfter(last)}-${randomBytes(4).toString('hex')}`;
    await (await this.#objects()).put(`${key}/${name}.jsonl`, Buffer.from(`${line}\n`));
    if (lines.length >= MOST_LINES) await this.#merge(key, lines);
  }

  async readLines(key: string, bytes: number): Promise<{ readonly text: string; readonly isAll: boolean }> {
    for (let tries = 1; ; tries++) {
      const items = await this.#lineItems(key);
      const parts: (Buffer | undefined)[] = [];
      let left = items.length;
      for (let done = 0; left > 0 && done < bytes; left--) {
        const { name, sizeBytes } = items[left - 1] ?? { name: '', sizeBytes: 0 };
        parts.unshift(await (await this.#objects()).get(`${key}/${name}`));
        done += sizeBytes;
      }
      // Another machine has made one of many since: it has what is not there any more.
      if (parts.includes(undefined) && tries < MOST_READS) {
        await this.refresh(key);
        continue;
      }
      const text = parts.map((part) => part?.toString('utf8') ?? '').join('');
      // The start of a line is never missing; whoever drops the first one as a part must not lose it.
      return { text: left > 0 ? `\n${text}` : text, isAll: left === 0 };
    }
  }

  async remove(key: string): Promise<void> {
    await (await this.#objects()).remove(key);
  }

  async removeFolder(key: string): Promise<boolean> {
    const objects = await this.#objects();
    if (objects.removeFolder !== undefined) return await objects.removeFolder(key);
    return (await objects.list(key)).length === 0;
  }

  async renameFolder(from: string, to: string): Promise<boolean> {
    return (await (await this.#objects()).renameFolder?.(from, to)) ?? false;
  }

  async freeBytes(): Promise<number | undefined> {
    return await (await this.#objects()).freeBytes?.();
  }

  async close(): Promise<void> {
    await this.#spool.close();
    const opened = this.#opened;
    this.#opened = undefined;
    // Whatever kept it from being opened was told to who wanted it.
    await (await opened?.catch(() => undefined))?.close();
  }

  /** The objects with lines of `key`, oldest first. One that was merged into another, and not removed yet, is left out. */
  async #lineItems(key: string): Promise<readonly LineItem[]> {
    const items = (await (await this.#objects()).list(key)).flatMap((item) => lineItemOf(item) ?? []);
    const sorted = items.toSorted((a, b) =>
      a.first < b.first ? -1 : a.first > b.first ? 1 : b.last < a.last ? -1 : 1,
    );
    const whole: LineItem[] = [];
    for (const item of sorted) {
      const before = whole.at(-1);
      if (before === undefined || item.last > before.last) whole.push(item);
    }
    return whole;
  }

  /** Makes one object of many: first the one is there, and then the others go. */
  async #merge(key: string, items: readonly LineItem[]): Promise<void> {
    const parts: Buffer[] = [];
    for (const { name } of items) {
      const part = await (await this.#objects()).get(`${key}/${name}`);
      // Another machine is at it, and what it makes of them has the same name.
      if (part === undefined) return;
      parts.push(part);
    }
    const [first, last] = [items[0]?.first ?? '', items.at(-1)?.last ?? ''];
    const name = `${first}_${last}.jsonl`;
    await (await this.#objects()).put(`${key}/${name}`, Buffer.concat(parts));
    const objects = await this.#objects();
    for (const item of items) {
      // Where nothing may be removed they stay, and are passed over.
      if (item.name !== name && !(await removeIfAllowed(objects, `${key}/${item.name}`))) return;
    }
    // What was cut short on its way, as servers for files leave it; not what may be under way.
    const before = new Date(Date.now() - DAY_MS).toISOString();
    for (const item of await objects.list(key))
      if (item.isFile && LINE_PART.test(item.name) && item.name < before)
        await removeIfAllowed(objects, `${key}/${item.name}`);
  }
}

/** An object with one line, or with all of a time, `FIRST_LAST.jsonl`. */
interface LineItem {
  readonly name: string;
  readonly first: string;
  readonly last: string;
  readonly sizeBytes: number;
}

/** What comes right after `last`, where the clock is behind it: of the same length each time. */
function nameAfter(last: string): string {
  const [, time = last, count = '0'] = /^(\d{4}-\d{2}-\d{2}T[\d-]+Z)(?:~(\d{8}))?/.exec(last) ?? [];
  return `${time}~${String(Number(count) + 1).padStart(8, '0')}`;
}

/** A line that was not sent to its end. */
const LINE_PART = /^\d{4}-.*\.jsonl\.part$/;

function lineItemOf({ name, isFile, sizeBytes }: StoreItem): LineItem | undefined {
  const match = /^(\d{4}-[^_]*?)(?:_([^_]*))?\.jsonl$/.exec(name);
  if (!isFile || match === null) return undefined;
  const [, first = '', last = first] = match;
  return { name, first, last, sizeBytes };
}

class ObjectWriter implements StoreWriter {
  readonly #objects: Objects;
  readonly #key: string;
  readonly #spooled: SpoolWriter;
  readonly #signal: AbortSignal | undefined;

  constructor(objects: Objects, key: string, spooled: SpoolWriter, signal: AbortSignal | undefined) {
    this.#objects = objects;
    this.#key = key;
    this.#spooled = spooled;
    this.#signal = signal;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#spooled.write(bytes);
  }

  async rewind(bytes: number): Promise<void> {
    await this.#spooled.rewind(bytes);
  }

  async commit(): Promise<void> {
    const content = this.#spooled.content();
    if (content instanceof Uint8Array) await this.#objects.put(this.#key, content, this.#signal);
    else await this.#objects.putFile(this.#key, content, this.#signal);
    await this.#spooled.remove();
  }

  async discard(): Promise<void> {
    await this.#spooled.remove();
  }
}
