// Decides which versions of a mirror are let go. Pure: no clock, no disk.
import type { Keep } from '../plan/keep.ts';
import { planRotation } from '../series/rotation.ts';
import type { BytePath } from '../tree/path.ts';
import type { Version } from './versions.ts';

/** So long moves and folders are remembered where no age says otherwise. */
const YEAR_MS = 365 * 86_400_000;

/**
 * The versions that no rule of `keep` holds: those of each path count by themselves, and an age counts from when a version was
 * replaced. What is kept by one rule stays.
 */
export function thinned<T extends Version>(versions: readonly T[], keep: Keep, now: Date): readonly T[] {
  const { within, ...rules } = keep;
  const hasRules = Object.values(rules).some((limit) => limit !== undefined);
  const byPath = new Map<BytePath, T[]>();
  // What tells of a move, or of a folder, is small, and takes no place of what has content.
  const told = versions.filter(({ file }) => file === undefined);
  const oldest = now.getTime() - (within ?? YEAR_MS);
  for (const version of versions) {
    if (version.file === undefined) continue;
    const own = byPath.get(version.path);
    if (own === undefined) byPath.set(version.path, [version]);
    else own.push(version);
  }
  const stored = [...byPath.values()].flatMap((own) => {
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
  const isRuled = hasRules || within !== undefined;
  return isRuled ? [...stored, ...told.filter(({ untilMs }) => untilMs < oldest)] : stored;
}
