import type { Store, StoreItem, StoreWriter } from '../store.ts';

/** A store that does what another one does; those that come around one say only what is different. */
export class WrappedStore implements Store {
  protected readonly inner: Store;

  constructor(inner: Store) {
    this.inner = inner;
  }

  get label(): string {
    return this.inner.label;
  }

  get folder(): string | undefined {
    return this.inner.folder;
  }

  get files(): string | undefined {
    return this.inner.files;
  }

  async list(key: string): Promise<readonly StoreItem[]> {
    return await this.inner.list(key);
  }

  async refresh(folder?: string): Promise<void> {
    await this.inner.refresh?.(folder);
  }

  async distrust(): Promise<void> {
    await this.inner.distrust?.();
  }

  async known(sha256: string): Promise<Buffer | undefined> {
    return await this.inner.known?.(sha256);
  }

  async read(key: string): Promise<Buffer | undefined> {
    return await this.inner.read(key);
  }

  async readRange(key: string, offset: number, length: number, signal?: AbortSignal): Promise<Buffer> {
    return await this.inner.readRange(key, offset, length, signal);
  }

  async readLines(key: string, bytes: number): Promise<{ readonly text: string; readonly isAll: boolean }> {
    return await this.inner.readLines(key, bytes);
  }

  async freeBytes(): Promise<number | undefined> {
    return await this.inner.freeBytes();
  }

  async close(): Promise<void> {
    await this.inner.close();
  }

  async create(key: string, signal?: AbortSignal): Promise<StoreWriter> {
    return await this.inner.create(key, signal);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.inner.put(key, bytes);
  }

  async link(from: string, to: string): Promise<boolean> {
    return await this.inner.link(from, to);
  }

  async appendLine(key: string, line: string): Promise<void> {
    await this.inner.appendLine(key, line);
  }

  async remove(key: string): Promise<void> {
    await this.inner.remove(key);
  }

  async removeFolder(key: string): Promise<boolean> {
    return await this.inner.removeFolder(key);
  }

  async renameFolder(from: string, to: string): Promise<boolean> {
    return await this.inner.renameFolder(from, to);
  }
}
