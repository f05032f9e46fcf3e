import { type Held, writeHeld } from '../../snapshot/guards.ts';
import type { RowContext } from './row-context.ts';

/** Remembers what is held back, before there is a snapshot that would be rotated for. */
export async function holdBack(context: RowContext, found: readonly Held[], snapshot: string): Promise<void> {
  const [first] = found;
  if (first !== undefined && !context.options.dryRun) {
    const { guard: name, message } = first;
    await writeHeld(context.series, { since: context.started.toISOString(), guard: name, snapshot, message });
  }
  await context.hold(found);
}
