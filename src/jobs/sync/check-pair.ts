// Looks at both sides of a pair, and changes nothing.
import { access, constants } from 'node:fs/promises';
import { reasonOf, SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { LocalSide } from '../../sync/local-side.ts';
import type { Side } from '../../sync/side.ts';
import type { Finding } from '../check.ts';
import { mountDoubt } from '../run/mount-doubt.ts';
import { withPair } from './with-pair.ts';

export async function checkPair({ source, destination }: Row): Promise<readonly Finding[]> {
  try {
    return await withPair(source, destination, async ({ here, there }) => {
      const [first, second] = [await findingsOf(here), await findingsOf(there)];
      const isNeither = (await here.root()) === 'nothing' && (await there.root()) === 'nothing';
      const none: Finding = {
        level: 'failure',
        message: 'neither side is there: a sync makes one of them, not both',
      };
      return [...first, ...second, ...(isNeither ? [none] : [])];
    });
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    return [{ level: 'failure', message: `${error.message}${hint}` }];
  }
}

async function findingsOf(side: Side): Promise<readonly Finding[]> {
  const name = `side "${side.label}"`;
  const root = await side.root();
  if (root === 'other') return [{ level: 'failure', message: `${name} is no folder` }];
  if (root === 'nothing') {
    const doubt = side instanceof LocalSide ? await mountDoubt(side.address) : undefined;
    if (doubt !== undefined)
      return [{ level: 'warning', message: `${doubt.message}: is its disk connected?` }];
    return [{ level: 'ok', message: `${name} will be made` }];
  }
  if (side instanceof LocalSide) {
    try {
      await access(side.address, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      return [{ level: 'failure', message: `${name} cannot be read and written: ${reasonOf(error)}` }];
    }
  }
  const isWeak = !side.replacesAtOnce || !side.flushes;
  const weak: Finding = {
    level: 'warning',
    message: `${name} cannot flush files, or replace them in one step: after a power cut there, a file may be missing until the next sync`,
  };
  return [{ level: 'ok', message: `${name} is there` }, ...(isWeak ? [weak] : [])];
}
