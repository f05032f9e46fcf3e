import { resolve } from 'node:path';
import { addressKind } from '../../base/address.ts';
import { SnapshotError } from '../../base/errors.ts';
import { Choice } from '../../jobs/restore/choice.ts';
import { statusOf } from '../../jobs/sync/result.ts';
import { sync, type SyncOptions } from '../../jobs/sync/sync.ts';
import { type Keep, parseKeep } from '../../plan/keep.ts';
import { InvalidValue } from '../../plan/problem.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { readDuration } from '../options/duration.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { ProgressMeter } from '../views/progress-meter.ts';
import { showStatus, showSync, showUndone } from '../views/sync-view.ts';

export interface SyncCommandOptions extends CommonOptions {
  readonly here: string;
  readonly there: string;
  readonly dryRun: boolean;
  readonly only: readonly string[];
  readonly exclude: readonly string[];
  readonly keep: string;
  readonly rehash: boolean;
  readonly acceptChanges: boolean;
  readonly watch: boolean;
  readonly poll: string;
  readonly undo: boolean;
  /** Paths whose newest version is to be taken. */
  readonly swap: readonly string[];
  readonly status: boolean;
}

/** Syncs two folders, takes the last sync back, or tells of it. */
export async function syncCommand(options: SyncCommandOptions, terminal: Terminal): Promise<number> {
  const [here, there] = [placeOf(options.here), placeOf(options.there)];
  const { undo, status, rehash, acceptChanges } = options;
  const swap = options.swap.map(String);
  if (Number(undo) + Number(status) + Number(swap.length > 0) + Number(rehash || acceptChanges) > 1)
    throw new SnapshotError('E_USAGE', '--undo, --swap and --status go with no other of these options');
  if (swap.length > 0 && (options.dryRun || options.watch))
    throw new SnapshotError('E_USAGE', `--swap does not go with --${options.watch ? 'watch' : 'dry-run'}`);
  if (options.status) {
    const { lastResult } = await import('../../jobs/sync/last-result.ts');
    return showStatus(await lastResult(here, there), options, terminal);
  }
  if (options.undo) {
    const { undoSync } = await import('../../jobs/sync/undo.ts');
    return showUndone(await undoSync(here, there, options.dryRun), { here, there }, options, terminal);
  }
  const line = terminal.status(!options.json && !options.quiet);
  const meter = new ProgressMeter();
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  try {
    const only = new Choice(options.only.map(String));
    const syncing: SyncOptions = {
      dryRun: options.dryRun,
      rehash: options.rehash,
      acceptChanges: options.acceptChanges,
      exclude: options.exclude.map(String),
      isWanted:
        options.only.length === 0 ? () => true : (path) => only.has(path, false) || only.has(path, true),
      keep: keepOf(options.keep),
      signal: stop.signal,
      warn: (message) => terminal.err(`warning: ${message}`),
      progress: (done, all) => {
        const progress = { ...done, totalFiles: all.files, totalBytes: all.bytes };
        meter.update({ row: 'sync', phase: 'copy', ...progress }, performance.now());
        line.show(meter.line(performance.now(), terminal));
      },
    };
    const places = { here: options.here, there: options.there };
    if (options.watch) {
      if (options.dryRun || rehash)
        throw new SnapshotError('E_USAGE', `--watch does not go with ${rehash ? '--rehash' : '--dry-run'}`);
      const pollMs = readDuration('poll', options.poll);
      if (pollMs === 0) throw new SnapshotError('E_USAGE', '--poll 0: a server is to have a rest in between');
      const { keepSynced } = await import('../../jobs/sync/keep-synced.ts');
      if (!options.json && !options.quiet) terminal.out(`syncing ${here} and ${there}; Ctrl-C ends it`);
      return await keepSynced(here, there, {
        ...syncing,
        pollMs,
        told: (result) => {
          line.clear();
          showSync(result, places, options, terminal);
        },
        failed: (error) => terminal.err(`warning: ${error.message}; it is tried again`),
      });
    }
    if (swap.length > 0) await (await import('../../jobs/sync/swap.ts')).swapVersions(here, there, swap);
    const result = await sync(here, there, syncing);
    line.clear();
    showSync(result, places, options, terminal);
    return statusOf(result);
  } finally {
    line.clear();
    stop.dispose();
  }
}

function placeOf(text: string): string {
  return addressKind(text) === undefined ? resolve(text) : text;
}

function keepOf(text: string): Keep {
  try {
    return parseKeep(text);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new SnapshotError('E_USAGE', `--keep: ${error.message}`, {
      cause: error,
      hint: 'Write something like `--keep 30d`.',
    });
  }
}
