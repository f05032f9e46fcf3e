import type { SideName } from '../../sync/item.ts';
import { commandLine } from '../../base/command-line.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Conflict } from './result.ts';

/** What became of a path that both sides had changed, where the other content lies, and the command that takes that instead. */
export function conflictText(
  { path, winner, why, version }: Conflict,
  places: Readonly<Record<SideName, string>>,
): string {
  const loser = winner === 'here' ? 'there' : 'here';
  const reason =
    why === 'newer' ? `the one ${winner} is newer` : `both are of the same time; the one ${winner} was taken`;
  const swap = pairCommand(places, `--swap ${shellWord(path)}`);
  const kept =
    version === undefined
      ? ''
      : `; the other one is ${loser}, "${places[loser]}", as ${version}; \`${swap}\` takes it instead`;
  return `conflict: ${path}: ${reason}${kept}`;
}

/** The command that syncs a pair with `option`. */
export function pairCommand({ here, there }: Readonly<Record<SideName, string>>, option: string): string {
  return commandLine(`sync ${shellWord(here)} ${shellWord(there)} ${option}`);
}
