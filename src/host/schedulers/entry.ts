// What is handed to the scheduler of a system, whichever that is.
import { printable, SnapshotError } from '../../base/errors.ts';
import { type Cron, isEvery } from './cron.ts';

/** A command that a system's scheduler is to run. */
export interface Entry {
  /** Letters, digits, `-` and `_`; one of a kind among this user's entries. */
  readonly name: string;
  readonly when: Cron | 'boot';
  /** Absolute paths first; no shell in between. */
  readonly command: readonly string[];
  /** A unit of systemd that is started when it fails. */
  readonly onFailure?: string | undefined;
  /** When it was made. */
  readonly since?: Date | undefined;
}

/** The command of this program that it calls: behind Node and the main module, or behind the executable. */
export function calledIn([, second = '', third = '']: readonly string[]): string {
  return second.endsWith('.js') ? third : second;
}

/** Whether it goes on until it is stopped: started with the machine, and again when it fails. */
export function staysUp({ command }: Pick<Entry, 'command'>): boolean {
  return ['watch', 'serve'].includes(calledIn(command));
}

/** Whether others wait for what it does: then it does not step aside. */
export function servesOthers({ command }: Pick<Entry, 'command'>): boolean {
  return calledIn(command) === 'serve';
}

/** An entry as it is found on this machine. */
export interface FoundEntry {
  readonly name: string;
  /** A cron expression, or `boot`. */
  readonly when: string;
  readonly command: readonly string[];
  /** Undefined: a version made it that did not note it. */
  readonly since?: Date | undefined;
}

/** The fields of a cron expression; undefined: every one. */
export interface Fields {
  readonly minutes: readonly number[] | undefined;
  readonly hours: readonly number[] | undefined;
  readonly days: readonly number[] | undefined;
  readonly months: readonly number[] | undefined;
  readonly weekdays: readonly number[] | undefined;
}

const TAG = 'snapshot-schedule';

/**
 * The mark by which entries are found again, and without which nothing is ever replaced or removed. Only letters that
 * no format and no encoding changes, whatever the paths hold.
 */
export function tagOf({ name, when, command, since }: Entry): string {
  const json = JSON.stringify({ name, when: textOf(when), command, since });
  const safe = json.replaceAll(
    /[^ \w"{}[\]:,./*=@\\]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${TAG} ${safe}`;
}

/** The entries whose tags are in `text`, one in a line; in XML their quotes are escaped. */
export function readTags(text: string): readonly FoundEntry[] {
  return text
    .replaceAll('&quot;', '"')
    .split('\n')
    .flatMap((line) => {
      const json = new RegExp(`${TAG} (\\{.*\\})`).exec(line)?.[1];
      return json === undefined ? [] : parseTag(json);
    });
}

function parseTag(json: string): readonly FoundEntry[] {
  try {
    const { name, when, command, since } = JSON.parse(json) as Record<string, unknown>;
    if (typeof name !== 'string' || typeof when !== 'string' || !Array.isArray(command)) return [];
    const made = new Date(typeof since === 'string' ? since : NaN);
    const known = Number.isNaN(made.getTime()) ? {} : { since: made };
    return [{ name, when, command: command.map(String), ...known }];
  } catch {
    // Changed by hand: then it is no entry of this program any more.
    return [];
  }
}

/** `0 2 * * *`, or `boot`. */
export function textOf(when: Cron | 'boot'): string {
  return when === 'boot' ? when : when.text;
}

/** @throws {@link SnapshotError} `E_USAGE` when `entry` holds what no scheduler can be told. */
export function checkEntry({ name, command, onFailure }: Entry): void {
  if (onFailure !== undefined && !/^[\w@.:\\-]{1,255}\.\w+$/.test(onFailure)) {
    throw new SnapshotError(
      'E_USAGE',
      `--on-failure ${printable(onFailure)}: it takes the name of a unit, as mail-me.service`,
    );
  }
  if (!/^[A-Za-z0-9][\w-]{0,63}$/.test(name)) {
    throw new SnapshotError(
      'E_USAGE',
      `--name ${printable(name)}: it takes letters, digits, - and _, at most 64`,
    );
  }
  // A line break would end the entry.
  const bad = command.find((word) => /\p{Cc}/u.test(word));
  if (bad === undefined) return;
  throw new SnapshotError('E_USAGE', `Cannot schedule "${printable(bad)}": it has a control character in it`);
}

/** @throws {@link SnapshotError} `E_USAGE` when `cron` has what only this program's own schedule understands. */
export function fieldsOf(cron: Cron, scheduler: string): Fields {
  const numbers = (field: readonly (number | string)[], count: number): readonly number[] | undefined => {
    const plain = field.filter((value) => typeof value === 'number');
    if (plain.length < field.length) throw cannotSay(cron, scheduler, '`L`, `W` and `#` are not known there');
    return isEvery(field, count) ? undefined : plain.toSorted((a, b) => a - b);
  };
  return {
    minutes: numbers(cron.minutes, 60),
    hours: numbers(cron.hours, 24),
    days: numbers(cron.days, 31),
    months: numbers(cron.months, 12),
    weekdays: numbers(cron.weekdays, 7),
  };
}

export function cannotSay(cron: Cron, scheduler: string, why: string): SnapshotError {
  return new SnapshotError('E_USAGE', `Cannot tell ${scheduler} "${cron.text}": ${why}`, {
    hint: `\`snapshot schedule --cron "${cron.text}"\` stays in the foreground and understands it.`,
  });
}
