import { printable, SnapshotError } from '../errors.ts';
import { nearest } from '../plan/nearest.ts';

/** What there is to call, for suggestions. */
export interface Known {
  readonly commands: readonly string[];
  /** Without the dashes. */
  readonly options: readonly string[];
}

/** The part of yargs that its types leave out. */
interface Inside {
  getOptions(): { readonly key: Readonly<Record<string, unknown>> };
  getInternalMethods(): { getCommandInstance(): { getCommands(): readonly string[] } };
}

/** What `parser` knows by now: of options, those of the command at work. */
export function knownTo(parser: object): Known {
  const inside = parser as Inside;
  const commands = inside.getInternalMethods().getCommandInstance().getCommands();
  const options = Object.keys(inside.getOptions().key).filter((key) => key === key.toLowerCase());
  return { commands, options };
}

const GENERAL = '`snapshot --help` shows what there is.';

/** What yargs has to say of wrong use, with what was most likely meant. */
export function usageError(message: string, { commands, options }: Known): SnapshotError {
  const [, kind = '', text = ''] = /^Unknown (command|argument)s?: ([^]*)$/.exec(message) ?? [];
  if (kind === '') return new SnapshotError('E_USAGE', printable(message), { hint: GENERAL });
  // yargs names `--dry-rnu` twice: as `dryRnu` too.
  const words = text
    .split(', ')
    .filter((word, _, all) => !all.some((other) => other !== word && camel(other) === word));
  const meant = words.flatMap((word) => {
    const match = nearest(word, kind === 'command' ? commands : options);
    if (match === undefined) return [];
    return [kind === 'command' ? `\`${match}\`` : `\`--${match}\``];
  });
  const hint = meant.length === 0 ? GENERAL : `Did you mean ${[...new Set(meant)].join(', ')}?`;
  const shown = words.map((word) => `\`${printable(word)}\``).join(', ');
  return new SnapshotError('E_USAGE', `Unknown ${kind}${words.length === 1 ? '' : 's'}: ${shown}`, { hint });
}

function camel(word: string): string {
  return word.replace(/-+([^-])/g, (_, letter: string) => letter.toUpperCase());
}
