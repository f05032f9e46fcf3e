import { SnapshotError } from '../../base/errors.ts';
import { type Entry, fieldsOf, readTags, servesOthers, tagOf } from './entry.ts';
import { must, type Scheduler, type SchedulerHost } from './scheduler.ts';

const END = '# snapshot-schedule end';

/** The lines of `entry`, see crontab(5). */
export function crontabBlock(entry: Entry): string {
  const when = entry.when === 'boot' ? '@reboot' : fieldLine(entry);
  // cron turns `%` into a line break before the shell sees it. It mails what is printed: so only what went wrong is.
  const before = servesOthers(entry) ? [] : ['nice', '-n', '10'];
  const command = [...before, ...entry.command.map(quoted), '--quiet']
    .join(' ')
    .replaceAll('%', String.raw`\%`);
  return `# ${tagOf(entry)}\n${when} ${command}\n${END} ${entry.name}\n`;
}

function fieldLine({ when }: Entry): string {
  if (when === 'boot') return '@reboot';
  const { minutes, hours, days, months, weekdays } = fieldsOf(when, 'cron');
  return [minutes, hours, days, months, weekdays].map((field) => field?.join(',') ?? '*').join(' ');
}

function quoted(word: string): string {
  return /^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * `table` without the block of `name`, and with `block` in its place, or at its end. All other lines stay as they are.
 *
 * @throws {@link SnapshotError} `E_HOST` when a block has lost its end: where it ends would be a guess.
 */
export function withBlock(table: string, name: string, block: string): string {
  const lines = table.split('\n');
  const kept: string[] = [];
  let isPlaced = false;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (!isStart(line, name)) {
      kept.push(line);
      continue;
    }
    const end = lines.indexOf(`${END} ${name}`, i);
    if (end < 0 || lines.slice(i + 1, end).some((inside) => readTags(inside).length > 0)) {
      throw new SnapshotError(
        'E_HOST',
        `Cannot change the crontab: the entry "${name}" has lost its last line`,
        {
          hint: `Remove what is left of it with \`crontab -e\`; it ended with "${END} ${name}".`,
        },
      );
    }
    if (block !== '' && !isPlaced) kept.push(block.trimEnd());
    isPlaced = true;
    i = end;
  }
  const rest = kept.join('\n');
  if (isPlaced || block === '') return rest;
  return rest === '' || rest.endsWith('\n') ? `${rest}${block}` : `${rest}\n${block}`;
}

function isStart(line: string, name: string): boolean {
  return line.startsWith('# ') && readTags(line).some((entry) => entry.name === name);
}

/** The crontab of this user. */
export function crontab(host: SchedulerHost): Scheduler {
  /** One character per byte: what others have written there need not be UTF-8, and stays as it is. */
  const read = async (): Promise<string> => {
    const { status, stdout, stderr } = await host.run('crontab', ['-l']);
    if (status === 0) return stdout.toString('latin1');
    // Anything else but "no crontab for anna" is no empty table, and must not be replaced by one.
    if (status !== null && /no crontab/i.test(stderr)) return '';
    throw new SnapshotError('E_HOST', `Cannot read the crontab: ${stderr}`);
  };
  const change = async (name: string, block: string): Promise<boolean> => {
    const before = await read();
    const after = withBlock(before, name, Buffer.from(block).toString('latin1'));
    if (after === before) return false;
    if (after === '') await must(host, 'crontab', ['-r']);
    else await must(host, 'crontab', ['-'], Buffer.from(after, 'latin1'));
    return true;
  };
  return {
    kind: 'crontab',
    hint: 'cron makes up for nothing: a run that is due while the machine is off or asleep is left out.',
    isHere: async () => {
      const { status, stderr } = await host.run('crontab', ['-l']);
      return status === 0 || (status !== null && /no crontab/i.test(stderr));
    },
    drafts: (entry) => [{ place: 'crontab', text: crontabBlock(entry) }],
    install: async (entry) => void (await change(entry.name, crontabBlock(entry))),
    list: async () => readTags(await read()),
    remove: async (name) => await change(name, ''),
  };
}
