import { type Held, writeHeld } from '../../series/guards.ts';
import type { RowContext } from './row-context.ts';

/** Remembers what is held back, before there is a snapshot that would be rotated for. */
export async function holdBack(context: RowContext, found: readonly Held[], snapshot: string): Promise<void> {
  const [first] = found;
  if (first !== undefined && !context.options.dryRun) {
    const { guard, message, path } = first;
    const since = context.started.toISOString();
    await writeHeld(context.series, { since, guard, snapshot, message, ...(path !== undefined && { path }) });
  }
  context.hold(found);
}
