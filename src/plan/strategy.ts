// What goes with which strategy.
import { addressKind } from '../base/address.ts';
import type { Column, Settings } from './columns.ts';
import { formatKeep, type Keep } from './keep.ts';
import { type PlanProblem, problemAt, quoted } from './problem.ts';

const DAY_MS = 86_400_000;

/** What an empty `keep` means: seven snapshots; of plain files, what was replaced or deleted for 30 days. */
export function defaultKeep(strategy: Settings['strategy']): Keep {
  return isPlain(strategy) ? { within: 30 * DAY_MS } : { last: 7 };
}

/** Whether what lies at the destination are the files themselves, with versions beside them. */
function isPlain(strategy: Settings['strategy']): boolean {
  return strategy === 'mirror' || strategy === 'sync';
}

/**
 * @param source - Absolute, or an address.
 * @param destinations - Those of the line, absolute or addresses.
 */
export function strategyProblems(
  line: number,
  settings: Settings,
  source: string,
  destinations: readonly string[],
): readonly PlanProblem[] {
  const { strategy, keep } = settings;
  if (!isPlain(strategy)) {
    const aged = keep.find(({ within }) => within !== undefined);
    if (aged === undefined) return [];
    const message = `${quoted(formatKeep(aged))} has an age, which is for mirrors and syncs: use rules as \`daily=30\``;
    return [problemAt(line, message, { column: 'keep' })];
  }
  const problem = (column: Column, message: string, value?: string): PlanProblem =>
    problemAt(line, message, { column, ...(value !== undefined && { value }) });
  const what = strategy === 'mirror' ? 'a mirror' : 'a sync';
  const far = [source, ...destinations].find((place) => {
    const kind = addressKind(place);
    return kind !== undefined && (strategy === 'mirror' || kind !== 'sftp');
  });
  return [
    ...(settings.format === 'zip'
      ? [problem('format', `${what} has plain files: leave \`format\` empty`)]
      : []),
    ...(settings.encrypt.length > 0
      ? [problem('encrypt', `${what} has plain files: leave \`encrypt\` empty`)]
      : []),
    ...(destinations.length > 1
      ? [problem('destination', `${what} has one destination: give each a row`)]
      : []),
    ...(far === undefined
      ? []
      : [
          problem(
            far === source ? 'source' : 'destination',
            strategy === 'mirror'
              ? 'a mirror is a folder of this machine, or one that is mounted: no address'
              : 'the sides of a sync are folders of this machine, or on a server by `sftp://`',
            far,
          ),
        ]),
    ...(strategy === 'sync' ? UNKNOWN_TO_SYNC.filter((column) => isSet(settings[column])) : []).map(
      (column) =>
        problem(
          column,
          `a sync leaves out by \`exclude\`, \`exclude-from\` and \`.snapshotignore\`: leave \`${column}\` empty`,
        ),
    ),
  ];
}

const UNKNOWN_TO_SYNC = [
  'exclude-if-present',
  'exclude-larger-than',
  'one-file-system',
  'may-fail',
] as const satisfies readonly Column[];

function isSet(value: readonly string[] | number | boolean | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}
