// Decides which versions of a mirror are let go. Pure: no clock, no disk.
import type { Keep } from '../plan/keep.ts';
import { planRotation } from '../series/rotation.ts';
import type { BytePath } from '../tree/path.ts';
import type { Version } from './versions.ts';

/**
 * The versions that no rule of `keep` holds: those of each path count by themselves, and an age counts from when a version was
 * replaced. What is kept by one rule stays.
 */
export function thinned<T extends Version>(versions: readonly T[], keep: Keep, now: Date): readonly T[] {
  const { within, ...rules } = keep;
  const hasRules = Object.values(rules).some((limit) => limit !== undefined);
  const byPath = new Map<BytePath, T[]>();
  for (const version of versions) {
    const own = byPath.get(version.path);
    if (own === undefined) byPath.set(version.path, [version]);
    else own.push(version);
  }
  return [...byPath.values()].flatMap((own) => {
    const old = own.filter(({ untilMs }) => within === undefined || now.getTime() - untilMs > within);
    if (!hasRules || old.length === 0) return within === undefined ? [] : old;
    const dated = own.map((version, i) => ({
      name: String(i).padStart(9, '0'),
      at: new Date(version.untilMs),
      version,
    }));
    const kept = new Set(
      planRotation(dated, rules).keep.flatMap(({ snapshot, reasons }) =>
        // With an age, nothing has to stay that no rule asks for.
        within !== undefined && reasons.every((reason) => reason === 'newest') ? [] : [snapshot.version],
      ),
    );
    return old.filter((version) => !kept.has(version));
  });
}
