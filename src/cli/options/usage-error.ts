import { printable, SnapshotError } from '../../base/errors.ts';
import { nearest } from '../../plan/nearest.ts';

/** What there is to call, for suggestions. */
export interface Known {
  /** The words of the command at work, as `schedule install`. */
  readonly command: readonly string[];
  /** What may follow these words as a command. */
  readonly commands: readonly string[];
  /** Without the dashes. */
  readonly options: readonly string[];
  /** Those words after the command that must be there. */
  readonly demanded: readonly string[];
  /** All words after the command. */
  readonly positionals: readonly string[];
}

/** The part of yargs that its types leave out. */
interface Inside {
  getOptions(): {
    readonly key: Readonly<Record<string, unknown>>;
    readonly demandedOptions: Readonly<Record<string, unknown>>;
  };
  getGroups(): Readonly<Record<string, readonly string[]>>;
  getInternalMethods(): {
    getContext(): { readonly commands: readonly string[]; readonly fullCommands: readonly string[] };
    getCommandInstance(): { getCommands(): readonly string[] };
  };
}

/** What `parser` knows by now: of options, those of the command at work. */
export function knownTo(parser: object): Known {
  const inside = parser as Inside;
  const { key, demandedOptions } = inside.getOptions();
  const context = inside.getInternalMethods().getContext();
  const positionals = inOrder(inside.getGroups()['Positionals:'] ?? [], context.fullCommands.at(-1));
  return {
    command: context.commands,
    commands: inside.getInternalMethods().getCommandInstance().getCommands(),
    options: Object.keys(key).filter((name) => name === name.toLowerCase() && name.length > 1),
    demanded: positionals.filter((name) => name in demandedOptions),
    positionals,
  };
}

/** Words as a command has them: where one of its parent has the same name, yargs has that one first. @param command - As `mirror <url> <folder>`. */
export function inOrder(words: readonly string[], command = ''): readonly string[] {
  const at = (word: string): number => command.search(new RegExp(String.raw`[<[]${word}(?:\.\.)?[\]>]`));
  return words.toSorted((a, b) => at(a) - at(b));
}

/**
 * What yargs has to say of wrong use, in the words of this program, and with what was most likely meant.
 *
 * @param args - What was typed: an option that is missing may be there, with a slip.
 */
export function usageError(message: string, known: Known, args: readonly string[]): SnapshotError {
  const slip = /^(?:Missing required|Not enough non-option)/.test(message)
    ? unknownOption(args, known)
    : undefined;
  return slip === undefined ? errorOf(message, known) : errorOf(`Unknown argument: ${slip}`, known);
}

/** The first long option in `args` that is none. */
function unknownOption(args: readonly string[], { options }: Known): string | undefined {
  const end = args.indexOf('--');
  return args
    .slice(0, end < 0 ? args.length : end)
    .flatMap((arg) => /^--(?:no-)?([\w-]+)/.exec(arg)?.[1] ?? [])
    .find((name) => !options.includes(name));
}

function errorOf(message: string, known: Known): SnapshotError {
  const general = `\`${['snapshot', ...known.command, '--help'].join(' ')}\` shows what there is.`;
  const [, kind = '', text = ''] = /^Unknown (command|argument)s?: ([^]*)$/.exec(message) ?? [];
  if (kind === '') return new SnapshotError('E_USAGE', inOwnWords(message, known), { hint: general });
  // yargs names `--dry-rnu` twice: as `dryRnu` too.
  const words = text
    .split(', ')
    .filter((word, _, all) => !all.some((other) => other !== word && camel(other) === word));
  const shown = words.map((word) => `\`${printable(word)}\``).join(', ');
  if (kind === 'command' && known.command.length > 0 && known.commands.length === 0) {
    const hint = known.options.includes('only') ? `Rows are named with \`--only\`. ${general}` : general;
    const name = ['snapshot', ...known.command].join(' ');
    return new SnapshotError('E_USAGE', `Too many words for \`${name}\`: ${shown}`, { hint });
  }
  const meant = words.flatMap((word) => {
    const match = nearest(word, kind === 'command' ? known.commands : known.options);
    if (match === undefined) return [];
    return [kind === 'command' ? `\`${match}\`` : `\`--${match}\``];
  });
  const hint = meant.length === 0 ? general : `Did you mean ${[...new Set(meant)].join(', ')}?`;
  return new SnapshotError('E_USAGE', `Unknown ${kind}${words.length === 1 ? '' : 's'}: ${shown}`, { hint });
}

/** Messages of yargs that are hard to read. Any other is shown as it is. */
function inOwnWords(message: string, { demanded, positionals }: Known): string {
  const named = (name: string): string => (positionals.includes(name) ? name.toUpperCase() : `--${name}`);
  const [, lone] = /^Not enough arguments following: (.+)$/.exec(message) ?? [];
  if (lone !== undefined) return `${named(lone)} needs a value`;
  const [, got] = /^Not enough non-option arguments: got (\d+)/.exec(message) ?? [];
  const absent = demanded.slice(Number(got));
  if (got !== undefined && absent.length > 0) return `Missing: ${absent.map(named).join(', ')}`;
  const [, missing] = /^Missing required arguments?: (.+)$/.exec(message) ?? [];
  if (missing !== undefined) return `Missing: ${missing.split(', ').map(named).join(', ')}`;
  const [, name, given, choices] =
    /^Invalid values:\n {2}Argument: (\S+), Given: "(.*)", Choices: (.+)/.exec(message) ?? [];
  if (name !== undefined && choices !== undefined)
    return `${named(name)} ${printable(given ?? '')}: it takes ${choices.replaceAll('"', '').replace(/, (?=\S+$)/, ' or ')}`;
  return printable(message);
}

function camel(word: string): string {
  return word.replace(/-+([^-])/g, (_, letter: string) => letter.toUpperCase());
}
