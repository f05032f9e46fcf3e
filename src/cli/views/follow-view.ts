// What `serve mirror` shows.
import { formatBytes, formatCount, formatDuration } from '../../base/amounts.ts';
import { printable, type SnapshotError } from '../../base/errors.ts';
import type { Amount, RoundResult } from '../../jobs/follow/follower.ts';
import type { Terminal } from '../terminal.ts';
import { ProgressMeter } from './progress-meter.ts';
import { sentence } from './wrap-words.ts';

export class FollowView {
  readonly #terminal: Terminal;
  readonly #json: boolean;
  readonly #quiet: boolean;
  readonly #line: ReturnType<Terminal['status']>;
  readonly #meter = new ProgressMeter();

  constructor(terminal: Terminal, { json, quiet }: { readonly json: boolean; readonly quiet: boolean }) {
    this.#terminal = terminal;
    this.#json = json;
    this.#quiet = quiet;
    this.#line = terminal.status(!json && !quiet);
  }

  read(account: string, done: number, total: number): void {
    if (total > 0)
      this.#line.show(`${account}  reading what is here  ${formatCount(done)}/${formatCount(total)} files`);
  }

  fetched(account: string, done: Amount, total: Amount): void {
    const now = performance.now();
    const totals = { totalFiles: total.files, totalBytes: total.bytes };
    this.#meter.update({ row: account, phase: 'fetch', ...done, ...totals }, now);
    this.#line.show(this.#meter.line(now, this.#terminal));
  }

  /** A round; what was held back is told by {@link held}. */
  round(result: RoundResult): void {
    this.#line.clear();
    const { problems, guard: _, ...counts } = result;
    for (const { path, reason } of problems) {
      if (this.#json) this.#terminal.out(JSON.stringify({ event: 'problem', path, reason }));
      else this.#terminal.err(`${this.#terminal.style('yellow', printable(path))}: ${printable(reason)}`);
    }
    if (this.#json)
      this.#terminal.out(JSON.stringify({ event: 'round', ...counts, problems: problems.length }));
    else if (!this.#quiet) this.#terminal.out(roundText(result, this.#terminal));
  }

  /** What goes on although a guard held something. */
  held({ guard, message, hint }: NonNullable<RoundResult['guard']>): void {
    if (this.#json) this.#terminal.out(JSON.stringify({ event: 'guard', guard, message, hint }));
    else this.#warn(message, hint);
  }

  away(error: SnapshotError): void {
    this.#line.clear();
    const message = `${error.message}; it is tried again`;
    if (this.#json) this.#terminal.out(JSON.stringify({ event: 'away', message }));
    else this.#warn(message, undefined);
  }

  back(account: string): void {
    if (this.#json) this.#terminal.out(JSON.stringify({ event: 'back' }));
    else if (!this.#quiet) this.#terminal.out(`${this.#terminal.style('bold', account)}: it goes on`);
  }

  clear(): void {
    this.#line.clear();
  }

  #warn(message: string, hint: string | undefined): void {
    const { err, style } = this.#terminal;
    err(sentence(`${style('yellow', 'warning:')} `, message, this.#terminal));
    if (hint !== undefined) err(sentence('  ', style('dim', hint), this.#terminal));
  }
}

function roundText(result: RoundResult, { style }: Terminal): string {
  const { account, fetched, bytes, copied, moved, retimed, removed, versions, unchanged, seconds } = result;
  const counts: readonly [number, string][] = [
    [copied, 'copied here'],
    [moved, 'moved'],
    [retimed, 'with another time'],
    [removed, 'removed'],
    [versions, versions === 1 ? 'version kept' : 'versions kept'],
  ];
  const words = [
    ...(fetched > 0 ? [`${formatCount(fetched)} fetched (${formatBytes(bytes)})`] : []),
    ...counts.flatMap(([count, what]) => (count > 0 ? [`${formatCount(count)} ${what}`] : [])),
    `${formatCount(unchanged)} unchanged`,
  ];
  return `${style('bold', account)}: ${words.join(', ')}, ${style('dim', formatDuration(seconds * 1000))}`;
}
