import { SnapshotError } from '../../base/errors.ts';
import { Follower, type FollowOptions } from '../../jobs/follow/follower.ts';
import { keepFollowing, statusOf } from '../../jobs/follow/keep-following.ts';
import { readByteAmount } from '../options/byte-amount.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { certificateIn, serverToken } from '../options/server-token.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { FollowView } from '../views/follow-view.ts';

export interface ServeMirrorOptions extends CommonOptions {
  readonly url: string;
  readonly folder: string;
  readonly once: boolean;
  readonly tokenFile: string | undefined;
  readonly cacert: string | undefined;
  readonly minFree: string;
  readonly acceptChanges: boolean;
}

/** Lets a second library follow one that is served. */
export async function serveMirrorCommand(options: ServeMirrorOptions, terminal: Terminal): Promise<number> {
  const { url, folder, once, json, acceptChanges } = options;
  const minFreeBytes = readByteAmount('min-free', options.minFree);
  const token = await serverToken(options.tokenFile);
  const ca = options.cacert === undefined ? undefined : await certificateIn(options.cacert);
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  const view = new FollowView(terminal, options);
  const following: FollowOptions = {
    url,
    folder,
    token,
    ca,
    minFreeBytes,
    acceptChanges,
    signal: stop.signal,
    now: () => new Date(),
    onRead: (account, done, total) => view.read(account, done, total),
    onFetched: (account, done, total) => view.fetched(account, done, total),
  };
  let follower: Follower | undefined;
  try {
    follower = await Follower.open(following);
    const status = once ? await followOnce(follower, view) : await follow(follower, options, view, terminal);
    if (json) terminal.out(JSON.stringify({ event: 'end', status }));
    return status;
  } catch (error) {
    view.clear();
    if (!stop.signal.aborted) throw error;
    const hint = 'What was fetched stays here: the same command goes on.';
    throw new SnapshotError('E_STOPPED', 'Stopped by the user', { cause: error, hint });
  } finally {
    view.clear();
    await follower?.close();
    stop.dispose();
  }
}

async function followOnce(follower: Follower, view: FollowView): Promise<number> {
  const result = await follower.round(false);
  if (result === undefined) return 0;
  view.round(result);
  if (result.guard !== undefined) throw result.guard;
  return statusOf(result);
}

async function follow(
  follower: Follower,
  { json, quiet, url }: ServeMirrorOptions,
  view: FollowView,
  { out, style }: Terminal,
): Promise<number> {
  if (!json && !quiet) out(`${style('bold', follower.account)}: following ${url}; Ctrl-C ends it`);
  return await keepFollowing(follower, {
    signal: follower.signal,
    told: (result) => {
      view.round(result);
      if (result.guard !== undefined) view.held(result.guard);
    },
    away: (error) => view.away(error),
    back: () => view.back(follower.account),
  });
}
