import { isDenied } from '../base/errors.ts';

/** Removes an object. @returns False where this user may remove nothing: then it stays. Whatever else fails is thrown. */
export async function removeIfAllowed(
  store: { remove(key: string): Promise<void> },
  key: string,
): Promise<boolean> {
  try {
    await store.remove(key);
    return true;
  } catch (error) {
    if (!isDenied(error)) throw error;
    return false;
  }
}
