// The help of all commands as one page of the manual, in the macros of man(7).
import type { HelpGroup, HelpPage } from '../options/help-page.ts';
import { EXIT_STATUSES, sectionsOf } from './help-text.ts';

/** @param program - The page of the program itself. @param pages - Those of its commands, in any order. */
export function manPage(program: HelpPage, pages: readonly HelpPage[], version: string): string {
  const byCommand = new Map(pages.map((page) => [page.command.join(' '), page]));
  const lines = [
    '.\\" Made from the same tables as `snapshot help`.',
    `.TH SNAPSHOT 1 "" "snapshot ${escaped(version)}" "User Commands"`,
    '.SH NAME',
    `snapshot \\- ${escaped(lowerFirst(program.description))}`,
    '.SH SYNOPSIS',
    '.B snapshot',
    escaped('COMMAND [OPTION...]'),
    '.SH DESCRIPTION',
    'A plan, which is a CSV file, says what is backed up and to where.',
    'Each folder that changed becomes a dated snapshot of plain .tar.zst or .zip archives, which open without this program.',
    'The plan is backup\\-plan.csv in the current folder, unless \\-\\-plan names another.',
    '.SH OPTIONS OF EVERY COMMAND',
    ...itemLines(program.common),
    '.SH COMMANDS',
    ...sectionsOf(program).flatMap(({ title, items }) => [
      `.SS ${quoted(title.replace(/:$/, ''))}`,
      ...items.flatMap(({ name }) => {
        const command = name.split(' ')[0] ?? '';
        const own = byCommand.get(command);
        const below = pages.filter((page) => page.command.length > 1 && page.command[0] === command);
        return [...(own === undefined ? [] : [own]), ...below].flatMap(commandLines);
      }),
    ]),
    '.SH EXIT STATUS',
    '.nf',
    ...EXIT_STATUSES.slice(1).map(escaped),
    '.fi',
    '.SH SEE ALSO',
    'tar(1), zstd(1), unzip(1); the folder docs of the package, cli.md first.',
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines({ usage, description, groups, examples }: HelpPage): readonly string[] {
  return [
    '.PP',
    `\\fB${escaped(usage)}\\fR`,
    '.RS',
    `${escaped(description)}.`,
    ...groups.flatMap((group) => [
      ...(group.title === 'Words:' ? [] : ['.PP', escaped(group.title)]),
      ...itemLines(group),
    ]),
    ...examples.flatMap(({ name, text }) => ['.PP', `${escaped(text)}:`, '.br', `\\fB${escaped(name)}\\fR`]),
    '.RE',
  ];
}

function itemLines({ items }: HelpGroup): readonly string[] {
  return items.flatMap(({ name, text }) => ['.TP', `\\fB${escaped(name)}\\fR`, `${escaped(text)}.`]);
}

/** Text that no macro reads anything into. */
function escaped(text: string): string {
  const safe = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll("'", '\\(aq');
  return /^[.']/.test(safe) ? `\\&${safe}` : safe;
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`;
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1).replace(/\.$/, '')}`;
}
