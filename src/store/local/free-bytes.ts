import { LocalStore } from './local-store.ts';

/** Bytes that can still be written in `folder` of this machine, or in its nearest parent that exists; undefined when unknown. */
export async function freeBytesIn(folder: string): Promise<number | undefined> {
  return await new LocalStore(folder).freeBytes();
}
