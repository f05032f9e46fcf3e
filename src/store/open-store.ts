import { LocalStore } from './local/local-store.ts';
import type { Store } from './store.ts';

/** The store that `destination` names: an absolute folder. Nothing is touched yet. */
export function openStore(destination: string): Store {
  return new LocalStore(destination);
}
