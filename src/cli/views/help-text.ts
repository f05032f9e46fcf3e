import type { HelpGroup, HelpItem, HelpPage } from '../options/help-page.ts';
import { wrapWords } from './wrap-words.ts';

/** What commands are for, in the order in which they are met. One that is not here comes last. */
const SECTIONS: readonly (readonly [title: string, commands: readonly string[]])[] = [
  ['Back up:', ['init', 'check', 'run', 'status']],
  ['Look, and get files back:', ['list', 'files', 'find', 'diff', 'restore', 'cat', 'export']],
  ['Every night:', ['schedule', 'notify', 'shutdown']],
  ['Take care:', ['verify', 'stats', 'prune', 'pin', 'unpin', 'forget', 'accept', 'rename', 'copy']],
  ['Plain copies:', ['mirror', 'watch', 'push', 'versions', 'sync', 'index', 'serve', 'upload']],
];

const FIRST_STEPS: readonly HelpItem[] = [
  { name: 'snapshot init', text: 'write a plan: what is backed up, and to where' },
  { name: 'snapshot check', text: 'is everything right? changes nothing' },
  { name: 'snapshot run', text: 'back up' },
  { name: 'snapshot restore SERIES --to FOLDER', text: 'get everything back' },
];

export const EXIT_STATUSES: readonly string[] = [
  'Exit status:',
  '  0  done                            4    a guard held something back',
  '  1  failed, or nothing was found    11   another run holds the lock',
  '  2  wrong use, or a wrong plan      130  stopped',
  '  3  some files could not be had',
];

/** Wider than this, the eye loses the line. */
const MOST_COLUMNS = 100;

/** `page` in lines of at most `columns` characters. */
export function helpText(page: HelpPage, columns: number): string {
  const width = Math.min(MOST_COLUMNS, columns);
  const isProgram = page.command.length === 0;
  const common = isProgram ? groupLines(page.common, width) : [commonLine(page.common, width)];
  const blocks: readonly (readonly string[])[] = [
    wrapWords(`Usage: ${page.usage}`, width),
    wrapWords(page.description, width),
    ...(isProgram ? [groupLines({ title: 'First steps:', items: FIRST_STEPS }, width)] : []),
    ...sectionsOf(page).map((group) => groupLines(group, width)),
    ...page.groups.map((group) => groupLines(group, width)),
    common,
    page.examples.length === 0 ? [] : groupLines({ title: 'Examples:', items: page.examples }, width),
    ...(isProgram ? [EXIT_STATUSES, ['`snapshot help COMMAND` tells more of one.']] : []),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** The commands of `page`, by what they are for. */
export function sectionsOf({ command, commands }: HelpPage): readonly HelpGroup[] {
  if (commands.length === 0) return [];
  if (command.length > 0) return [{ title: 'Commands:', items: commands }];
  const known = new Set(SECTIONS.flatMap(([, names]) => names));
  const sections = SECTIONS.map(([title, names]) => ({
    title,
    items: names.flatMap((name) => commands.filter((item) => nameOf(item) === name)),
  }));
  const others = { title: 'Others:', items: commands.filter((item) => !known.has(nameOf(item))) };
  return [...sections, others].filter(({ items }) => items.length > 0);
}

function nameOf(item: HelpItem): string {
  return item.name.split(' ')[0] ?? '';
}

/** Two columns; where what is on the left is long, the text begins on the next line. */
function groupLines({ title, items }: HelpGroup, width: number): readonly string[] {
  const most = Math.floor(width * 0.42);
  const left = Math.max(0, ...items.map(({ name }) => name.length).filter((length) => length <= most));
  const indent = ' '.repeat(left + 4);
  return [
    title,
    ...items.flatMap(({ name, text }) => {
      const lines = wrapWords(text, width - indent.length);
      const head = `  ${name}`;
      if (name.length > left)
        return [
          ...wrapWords(name, width - 2).map((line) => `  ${line}`),
          ...lines.map((line) => indent + line),
        ];
      const [first = '', ...more] = lines;
      return [`${head.padEnd(left + 4)}${first}`.trimEnd(), ...more.map((line) => indent + line)];
    }),
  ];
}

/** They are the same everywhere: their names are enough. */
function commonLine({ title, items }: HelpGroup, width: number): string {
  const names = items.map(({ name }) => name.replace(/^-\w, /, '')).join(', ');
  return wrapWords(`${title} ${names}; see \`snapshot help\`.`, width).join('\n');
}
