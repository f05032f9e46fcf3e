import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';

/** What the entry of a plan is called unless its user says: readable, and another one for each path. */
export function nameOfPlan(plan: string): string {
  const stem = basename(plan, extname(plan))
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  const hash = createHash('sha256').update(plan).digest('hex').slice(0, 6);
  return stem === '' ? hash : `${stem}-${hash}`;
}
