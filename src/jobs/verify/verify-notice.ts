// What is told of a verify to somebody who is not there. As of a run, names of series leave the machine, paths do not.
import { hostname } from 'node:os';
import { formatCountOf } from '../../base/amounts.ts';
import type { Message } from '../../host/notices/channel.ts';
import { pathless } from '../nightly/pathless.ts';
import { TOOL } from '../tool.ts';
import type { VerifyEnd } from './verify-events.ts';

/** @param error - Why it ended early; undefined when it did not. */
export function verifyMessage(ends: readonly VerifyEnd[], status: number, error?: Error): Message {
  const host = hostname();
  const verdict =
    error !== undefined ? 'it could not be done' : status === 0 ? 'passed' : 'something is wrong';
  const lines = [
    ...(error === undefined ? [] : [pathless(error.message)]),
    // What went wrong comes first: the end may be cut off.
    ...ends.toSorted((a, b) => Number(a.status === 0) - Number(b.status === 0)).map(lineOf),
  ];
  return {
    moment: status === 0 ? 'success' : 'failure',
    title: `Verify on ${host}: ${verdict}`,
    text: [...lines, '', `Exit code ${status}.`].join('\n'),
    payload: {
      version: 1,
      tool: TOOL,
      host,
      outcome: 'verify',
      status,
      series: ends.map(({ series, damages, lost, looked, ...end }) => ({
        series,
        status: end.status,
        damages,
        lost,
        looked,
      })),
      error: error === undefined ? null : pathless(error.message),
    },
  };
}

function lineOf({ series, damages, lost, nothing, snapshots, status }: VerifyEnd): string {
  if (nothing !== undefined) return `${series}: ${pathless(nothing)}`;
  const wrong = [
    ...(damages > 0 ? [`${formatCountOf(damages, 'file')} damaged`] : []),
    ...(lost > 0 ? [`${formatCountOf(lost, 'path')} lost`] : []),
  ];
  const state =
    wrong.length > 0 ? wrong.join(', ') : status === 0 ? 'as it should be' : 'not all is as it should be';
  return `${series}: ${formatCountOf(snapshots, 'snapshot')}, ${state}`;
}
