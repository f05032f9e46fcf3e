// What a shell offers while a command is typed, beyond what the command line itself knows.
import { findNearest } from '../../jobs/address.ts';
import { loadPlan } from '../../plan/plan.ts';

/** Options with a value. */
const VALUED = [
  '-f',
  '-t',
  '-o',
  '-j',
  '--plan',
  '--config',
  '--log',
  '--at',
  '--series',
  '--only',
  '--to',
  '--as',
  '--jobs',
  '--sample',
  '--level',
  '--cron',
  '--timezone',
  '--jitter',
  '--name',
  '--with',
  '--reason',
  '--encrypt',
  '--depth',
  '--html',
  '--to-file',
  '--on-failure',
];

/** Commands whose first argument is a series. */
const OF_SERIES = [
  'list',
  'status',
  'files',
  'diff',
  'stats',
  'du',
  'restore',
  'export',
  'copy',
  'cat',
  'verify',
  'accept',
  'prune',
  'pin',
  'unpin',
  'forget',
  'rename',
];

/**
 * Names of series and snapshots that could stand where the user is typing.
 *
 * @param words - As typed so far, the program's name first; the last one is being typed.
 * @returns undefined when it is about commands or options.
 */
export async function complete(words: readonly string[]): Promise<readonly string[] | undefined> {
  const current = words.at(-1) ?? '';
  const { positionals, options, open } = readWords(words.slice(1, -1));
  const [command = '', series] = positionals;
  const plan = options.get('--plan') ?? options.get('-f') ?? 'backup-plan.csv';
  if (open === '--at' && command !== 'schedule')
    return await namesIn(options.get('--series') ?? series, plan);
  if (open === '--series' || open === '--only' || open === '-o') return await seriesNames(plan);
  // Whatever there is to choose from, the command line itself knows.
  if (open === '--with' || open === '--as') return undefined;
  // The shell knows files.
  if (open !== undefined) return [];
  if (current.startsWith('-')) return undefined;
  if (OF_SERIES.includes(command) && positionals.length === 1) {
    return current.includes('/') ? [] : await seriesNames(plan);
  }
  if (command === 'copy') return [];
  if (command === 'diff' && positionals.length <= 3) return [...(await namesIn(series, plan)), 'now'];
  return undefined;
}

interface Words {
  readonly positionals: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  /** The option whose value comes next. */
  readonly open: string | undefined;
}

function readWords(words: readonly string[]): Words {
  const positionals: string[] = [];
  const options = new Map<string, string>();
  let open: string | undefined;
  for (const word of words) {
    // bash hands over `--at=x` as three words.
    if (word === '=') continue;
    const [name = '', ...value] = word.split('=');
    if (open !== undefined) {
      options.set(open, word);
      open = undefined;
    } else if (!word.startsWith('-')) positionals.push(word);
    else if (value.length > 0) options.set(name, value.join('='));
    else if (VALUED.includes(name)) open = name;
  }
  return { positionals, options, open };
}

async function seriesNames(plan: string): Promise<readonly string[]> {
  try {
    return [...new Set((await loadPlan(plan)).rows.map(({ name }) => name))];
  } catch {
    // Whatever is wrong, the command itself says so; here is no place for it.
    return [];
  }
}

const unknown = async (): Promise<undefined> => await Promise.resolve(undefined);

async function namesIn(series: string | undefined, plan: string): Promise<readonly string[]> {
  try {
    if (series === undefined) return [];
    const found = await findNearest(series, async () => await loadPlan(plan), unknown);
    const { snapshots } = await found.series.survey();
    return ['latest', ...snapshots.toReversed().map(({ name }) => name)];
  } catch {
    return [];
  }
}
