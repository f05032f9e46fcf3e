import { basename } from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import type { Terminal } from '../terminal.ts';

type Shell = 'bash' | 'zsh' | 'fish';

// By hand, not by yargs: its script for bash needs mapfile, which the bash of macOS has not. `SHELL` says in which
// form yargs gives its candidates, and is what the user logs in with, not the shell that asks.
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: String.raw`# snapshot: completion for bash
_snapshot_completion() {
  local IFS=$'\n' current="${'$'}{COMP_WORDS[COMP_CWORD]}" word
  COMPREPLY=()
  for word in $(SHELL=bash snapshot --get-yargs-completions "${'$'}{COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null); do
    [[ "$word" == "$current"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
  done
}
complete -o bashdefault -o default -F _snapshot_completion snapshot`,
  zsh: String.raw`#compdef snapshot
# snapshot: completion for zsh
_snapshot_completion() {
  local -a found
  found=("${'$'}{(@f)$(SHELL=zsh snapshot --get-yargs-completions "${'$'}{(@)words[1,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then _describe 'snapshot' found; else _files; fi
}
if [[ "${'$'}{zsh_eval_context[-1]}" == loadautofunc ]]; then
  _snapshot_completion "$@"
else
  compdef _snapshot_completion snapshot
fi`,
  fish: String.raw`# snapshot: completion for fish
function __snapshot_completion
  env SHELL=fish snapshot --get-yargs-completions (commandline -opc) (commandline -ct) 2>/dev/null
end
complete -c snapshot -a '(__snapshot_completion)'`,
};

/** Prints the script for `shell`, or for the one that `login`, the user's shell, is. */
export function completionCommand(
  shell: Shell | undefined,
  login: string | undefined,
  json: boolean,
  terminal: Terminal,
): number {
  const name = shell ?? basename(login ?? '');
  if (name !== 'bash' && name !== 'zsh' && name !== 'fish') {
    throw new SnapshotError('E_USAGE', 'For which shell? `bash`, `zsh` or `fish`');
  }
  const script = SCRIPTS[name];
  terminal.out(json ? JSON.stringify({ event: 'end', status: 0, shell: name, script }) : script);
  return 0;
}
