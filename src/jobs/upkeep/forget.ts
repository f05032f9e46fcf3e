// Removing one snapshot by hand.
import { SnapshotError } from '../../base/errors.ts';
import { commandLine } from '../../base/command-line.ts';
import { lastCopies } from '../../series/damage/losses.ts';
import { holderText } from '../../series/lock/lock-file.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import { findReader } from '../../series/lock/shared-lock.ts';
import { readPin } from '../../series/pins.ts';
import { seriesWord } from '../../series/guards.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { chooseSnapshot } from '../address.ts';
import { RowDamage } from '../run/row-damage.ts';
import { log, type PruneOptions } from './prune.ts';

export interface ForgetOptions extends Pick<PruneOptions, 'now' | 'note'> {
  /** Asked before anything is removed. Throws when the answer is no. */
  readonly confirm: (question: Forgetting) => Promise<void>;
}

/** What is about to be removed. */
export interface Forgetting {
  readonly snapshot: Snapshot;
  /** It has the last sound copy of what is damaged elsewhere. */
  readonly isLastCopy: boolean;
  /** It is the newest one. */
  readonly isNewest: boolean;
}

/**
 * Removes the snapshot that `when` names.
 *
 * @returns Its name.
 * @throws {@link SnapshotError} `E_USAGE` when there is no such snapshot, it is pinned, or the last one; `E_LOCKED` when
 *   somebody is at work in the series.
 */
export async function forget(series: Series, when: string, options: ForgetOptions): Promise<string> {
  const { now, note, confirm } = options;
  const started = now();
  const chosen = chooseSnapshot(await series.survey(started), when);
  await refuse(series, await series.survey(started), chosen.name);
  const question = await look(series, chosen, options);
  await confirm(question);
  const lock = await SeriesLock.acquire(series);
  try {
    // Much may have happened while somebody thought about the answer.
    const survey = await series.survey(started);
    await refuse(series, survey, chosen.name);
    await lock.check();
    const { foreign } = await series.remove(
      chosen.name,
      survey.snapshots.filter(({ name }) => name !== chosen.name),
    );
    if (foreign.length > 0)
      note(`folder ${chosen.name} stays: it holds ${foreign.join(', ')}, which is not of this program`);
    await log(series, { outcome: 'forget', removed: [chosen.name] }, started, options);
    return chosen.name;
  } finally {
    await lock.release(note);
  }
}

/** @throws {@link SnapshotError} when it must not be removed. */
async function refuse(series: Series, survey: Survey, name: string): Promise<void> {
  const nothing = 'Nothing was done.';
  const { snapshots } = survey;
  if (!snapshots.some((one) => one.name === name))
    throw new SnapshotError('E_USAGE', `Snapshot ${name} is not there any more`, { hint: nothing });
  const pin = await readPin(series, name);
  if (pin !== undefined) {
    const why = pin.reason === '' ? '' : ` (${pin.reason})`;
    throw new SnapshotError('E_USAGE', `Snapshot ${name} is pinned${why}`, {
      hint: `${nothing} \`${commandLine(`unpin ${seriesWord(series.place())} ${name}`)}\` takes that back.`,
    });
  }
  if (snapshots.length === 1) {
    throw new SnapshotError('E_USAGE', `Snapshot ${name} is the last one of "${series.place()}"`, {
      hint: `${nothing} Who wants to give up the whole series deletes its folder.`,
    });
  }
  if (await series.mayNeedOthers(survey)) {
    throw new SnapshotError('E_DAMAGED', 'A damaged snapshot may need archives of this one', {
      hint: `${nothing} \`${commandLine(`verify ${seriesWord(series.place())} --repair`)}\` may mend it.`,
    });
  }
  const reader = await findReader(series);
  if (reader !== undefined) {
    throw new SnapshotError('E_LOCKED', `Series "${series.place()}" is read by ${holderText(reader)}`, {
      hint: `${nothing} Try again when that is done.`,
    });
  }
}

async function look(
  series: Series,
  snapshot: Snapshot,
  { now, note }: Pick<ForgetOptions, 'now' | 'note'>,
): Promise<Forgetting> {
  const survey = await series.survey(now());
  const damage = await RowDamage.find(series, survey, { accept: false, dryRun: true, now: now(), note });
  const held = lastCopies(await damage.hurtContents(survey.snapshots), [snapshot.name]);
  return {
    snapshot,
    isLastCopy: held.has(snapshot.name),
    isNewest: survey.snapshots.at(-1)?.name === snapshot.name,
  };
}
