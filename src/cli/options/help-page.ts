// What there is to say about a command in its help, read from the tables that its options are parsed by.
import type { Argv } from 'yargs';
import { placeholderOf } from './placeholders.ts';
import { inOrder } from './usage-error.ts';

/** An option, or a word after the command. */
export interface HelpItem {
  /** `-n, --dry-run`, `--to FOLDER` or `SERIES`. */
  readonly name: string;
  readonly text: string;
}

export interface HelpGroup {
  readonly title: string;
  readonly items: readonly HelpItem[];
}

export interface HelpPage {
  /** The words of the command, as `schedule install`; none for the program itself. */
  readonly command: readonly string[];
  /** `snapshot restore SERIES [GLOB...]` */
  readonly usage: string;
  readonly description: string;
  /** What may follow as a command: `list [SERIES]`, and what it is for. */
  readonly commands: readonly HelpItem[];
  readonly groups: readonly HelpGroup[];
  /** Options that every command has. */
  readonly common: HelpGroup;
  readonly examples: readonly HelpItem[];
}

/** The part of yargs that its types leave out. */
interface Inside {
  getOptions(): {
    readonly boolean: readonly string[];
    readonly array: readonly string[];
    readonly alias: Readonly<Record<string, readonly string[]>>;
    readonly default: Readonly<Record<string, unknown>>;
    readonly choices: Readonly<Record<string, readonly string[]>>;
    readonly demandedOptions: Readonly<Record<string, unknown>>;
  };
  getGroups(): Readonly<Record<string, readonly string[]>>;
  getInternalMethods(): {
    getContext(): { readonly commands: readonly string[] };
    getUsageInstance(): UsageInside;
  };
}

interface UsageInside {
  getUsage(): readonly (readonly [string, string])[];
  getCommands(): readonly (readonly [string, string])[];
  getDescriptions(): Readonly<Record<string, string | undefined>>;
  help: () => string;
  example: (command: string, description: string) => void;
  reset: (local: object) => UsageInside;
}

export const COMMON_TITLE = 'For every command:';
const POSITIONALS = 'Positionals:';
/** yargs describes its own options by keys of its translations. */
const OWN_TEXTS: Readonly<Record<string, string>> = { help: 'Show this', version: 'Show the version' };

/** Has `parser` show what `render` makes of the page of the command that is asked about. */
export function showHelpBy(parser: Argv, render: (page: HelpPage) => string): void {
  const inside = parser as unknown as Inside;
  const usage = inside.getInternalMethods().getUsageInstance();
  const examples: HelpItem[] = [];
  const reset = usage.reset;
  // yargs begins anew with each command on its way down, and its examples cannot be asked for.
  usage.reset = (local) => {
    examples.length = 0;
    return reset(local);
  };
  usage.example = (command, description) =>
    void examples.push({ name: command.replaceAll('$0', 'snapshot'), text: description });
  usage.help = () => render(pageOf(inside, examples));
}

function pageOf(inside: Inside, examples: readonly HelpItem[]): HelpPage {
  const options = inside.getOptions();
  const usage = inside.getInternalMethods().getUsageInstance();
  // A copy: yargs goes on with its own.
  const commands = [...inside.getInternalMethods().getContext().commands];
  const [used = '', told] = usage.getUsage()[0] ?? [];
  // The program's own is one text; those of commands come in two.
  const [called = '', description = told ?? ''] = used.split('\n\n');
  const shortNames = new Set(Object.values(options.alias).flat());
  const item = (name: string): HelpItem => itemOf(name, commands[0], options, usage.getDescriptions());
  const groups = Object.entries(inside.getGroups())
    .filter(([title]) => title !== POSITIONALS)
    .map(([title, names]) => ({
      title,
      names: [...new Set(names)].filter((name) => name in usage.getDescriptions()),
    }));
  const common = groups.find(({ title }) => title === COMMON_TITLE)?.names ?? [];
  const words = inOrder(inside.getGroups()[POSITIONALS] ?? [], used);
  const placed = new Set([...groups.flatMap(({ names }) => names), ...words, ...shortNames]);
  const others = Object.keys(usage.getDescriptions()).filter(
    (name) => !placed.has(name) && name === name.toLowerCase(),
  );
  const own = groups.filter(({ title, names }) => title !== COMMON_TITLE && names.length > 0);
  const all = others.length === 0 ? own : withOthers(own, others);
  return {
    command: commands,
    usage: `${upperWords(called.replaceAll('$0', 'snapshot'))}${all.length > 0 ? ' [OPTION...]' : ''}`,
    description,
    commands: usage.getCommands().map(([name, text]) => ({ name: upperWords(name), text })),
    groups: [
      ...(words.length === 0
        ? []
        : [
            {
              title: 'Words:',
              items: words.map((name) => ({
                name: name.toUpperCase(),
                text: usage.getDescriptions()[name] ?? '',
              })),
            },
          ]),
      ...all.map(({ title, names }) => ({ title, items: names.map(item) })),
    ],
    common: { title: COMMON_TITLE, items: common.map(item) },
    examples: [...examples],
  };
}

/** Those in no group come after the others. */
function withOthers(
  groups: readonly { readonly title: string; readonly names: readonly string[] }[],
  others: readonly string[],
): readonly { readonly title: string; readonly names: readonly string[] }[] {
  const title = 'Options:';
  if (!groups.some((group) => group.title === title)) return [...groups, { title, names: others }];
  return groups.map((group) =>
    group.title === title ? { title, names: [...group.names, ...others] } : group,
  );
}

function itemOf(
  name: string,
  command: string | undefined,
  options: ReturnType<Inside['getOptions']>,
  descriptions: Readonly<Record<string, string | undefined>>,
): HelpItem {
  const isSwitch = options.boolean.includes(name);
  const byDefault = options.default[name];
  // What is on by itself is only ever switched off.
  const shown = isSwitch && byDefault === true ? `no-${name}` : name;
  const short = options.alias[name]?.find((alias) => alias.length === 1);
  const placeholder = isSwitch || name in OWN_TEXTS ? '' : placeholderOf(name, command);
  const many = options.array.includes(name) ? '...' : '';
  const text = OWN_TEXTS[name] ?? descriptions[name] ?? '';
  const notes = [
    ...(options.choices[name] === undefined ? [] : [options.choices[name].join(', ')]),
    ...(name in options.demandedOptions ? ['required'] : []),
    ...(isToldDefault(byDefault) ? [`default: ${String(byDefault)}`] : []),
  ].join('; ');
  return {
    name: `${short === undefined ? '' : `-${short}, `}--${shown}${placeholder}${many}`,
    text: notes === '' ? text : `${text} (${notes})`,
  };
}

/** A switch that is off, or a list that is empty, says nothing. */
function isToldDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== false && value !== true && value !== '';
}

/** `<series> [glob..]` in the words of the documentation: `SERIES [GLOB...]`. */
function upperWords(text: string): string {
  return text.replaceAll(
    /<([\w-]+)(\.\.)?>|\[([\w-]+)(\.\.)?\]/g,
    (_, must?: string, m?: string, may?: string, n?: string) =>
      must === undefined
        ? `[${(may ?? '').toUpperCase()}${n === undefined ? '' : '...'}]`
        : `${must.toUpperCase()}${m === undefined ? '' : '...'}`,
  );
}
