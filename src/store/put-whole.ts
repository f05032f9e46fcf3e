import type { Store } from './store.ts';

/** {@link Store.put} by way of {@link Store.create}: write and commit, or leave nothing. */
export async function putWhole(store: Pick<Store, 'create'>, key: string, bytes: Uint8Array): Promise<void> {
  const writer = await store.create(key);
  try {
    await writer.write(bytes);
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
