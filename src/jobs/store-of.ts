import type { Row } from '../plan/plan.ts';
import { wrapFor } from '../series/crypt/wrap.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';

/** The store that a row writes to. @throws {@link SnapshotError} `E_USAGE` when its address cannot be used. */
export function storeOf({ destination, encrypt }: Pick<Row, 'destination' | 'encrypt'>): Store {
  return openStore(destination, undefined, wrapFor(encrypt));
}
