// A laptop on which `snapshot schedule` runs, with the real command, real folders and a clock of its own: days pass in
// seconds. What happens to it, and what can be seen of it, becomes a story in lines.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { sep } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { WebServer } from '../../src/host/notices/notices.lab.ts';
import { tellTime } from './berlin-time.ts';
import { CLOCK, CLOCK_HOOK, type Told, type Woken } from './clock-hook.ts';
import { commandLine, environment, eventsOf, type JsonEvent } from './command.ts';
import type { Place } from './place.ts';

interface Deed {
  readonly at: Date;
  readonly what: string;
  readonly act: () => void | Promise<void>;
}

/** A row of the plan. */
export interface LaptopRow {
  readonly name: string;
  /** Its series, seen from the destination of the place. */
  readonly series: string;
}

interface LaptopOptions {
  readonly place: Place;
  /** Gets the pings of a check. */
  readonly check: WebServer;
  /** After `schedule`. */
  readonly args: readonly string[];
  readonly rows: readonly LaptopRow[];
  readonly now: Date;
}

export class Laptop {
  readonly check: WebServer;
  readonly #options: LaptopOptions;
  readonly #hook: string;
  readonly #story: string[] = [];
  #deeds: readonly Deed[] = [];
  #now: Date;
  #cutAt: Date | undefined;
  /** Told by the run that is under way. */
  #events: JsonEvent[] = [];

  constructor(options: LaptopOptions) {
    this.#options = options;
    this.check = options.check;
    this.#now = options.now;
    this.#hook = options.place.path('home', 'clock-hook.cjs');
    writeFileSync(this.#hook, CLOCK_HOOK);
  }

  /** All that happened so far, in lines that begin with the time. */
  told(): string {
    return this.#story.join('\n');
  }

  /** Somebody does something at that time, or as soon as it is awake; the story has it as `what`, if that says anything. */
  at(at: Date, what: string, act: () => void | Promise<void> = () => {}): void {
    this.#deeds = [...this.#deeds, { at, what, act }].toSorted((a, b) => a.at.getTime() - b.at.getTime());
  }

  /** The lid is closed; timers stand still meanwhile. */
  sleeps(from: Date, until: Date): void {
    this.at(from, 'the lid is closed', async () => {
      this.#now = until;
      this.#tell('the lid is opened');
      await this.status();
    });
  }

  /** The power fails at that time, in the middle of the run. */
  cutAt(time: Date): void {
    this.#cutAt = time;
  }

  /** The machine is off until then. */
  async isOffUntil(time: Date): Promise<void> {
    this.#tell('off');
    await this.#pass(time.getTime() - this.#now.getTime());
    this.#tell('on');
  }

  /** `snapshot schedule` runs until `end`, or until the power fails. */
  async isOnUntil(end: Date): Promise<void> {
    const { place, args } = this.#options;
    const notify = `healthchecks:${this.check.origin}/check`;
    const command = ['schedule', '--json', '--plan', place.plan, '--notify', notify];
    const [file = '', ...rest] = commandLine([...command, ...args]);
    const child = spawn(file, rest, {
      cwd: place.root,
      env: this.#environment(),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const errors: Buffer[] = [];
    child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
    onTestFinished(() => void child.kill('SIGKILL'));
    const closed = once(child, 'close');
    let answered: Promise<void> = Promise.resolve();
    child.on('message', (message) => {
      // One after the other: what is printed before a sleep belongs to the time before it.
      answered = answered.then(async () => await this.#hear(child, message as Told, end));
      answered.catch(() => child.kill('SIGKILL'));
    });
    const [status] = (await closed) as [number | null];
    await answered;
    const said = Buffer.concat(errors).toString();
    if (status !== 0 && status !== null) this.#tell(`ended with ${status}`);
    const words = said.replaceAll(`${place.root}${sep}`, '').trim().split(/\s+/);
    if (said !== '') this.#tell(`it said: ${words.join(' ')}`);
    this.#events = [];
  }

  /** What `snapshot status` says. */
  async status(): Promise<void> {
    const { place, rows } = this.#options;
    const events = eventsOf(await place.command(['status', '--json'], { env: this.#clockEnv() }));
    const states = rows.map(({ name }) => {
      const found = events.find(({ event, series }) => event === 'status' && series === name);
      const due = new Date(String(found?.['nextDue']));
      return `${name} ${String(found?.['state'])}, next due ${tellTime(due)}`;
    });
    this.#tell(`status: ${states.join(' | ')}`);
  }

  async #hear(child: ChildProcess, told: Told, end: Date): Promise<void> {
    // One that is about to end does not know how late it is.
    this.#now = new Date(Math.max(told.nowMs, this.#now.getTime()));
    switch (told.kind) {
      case 'print':
        // Who waits for what was printed to be read prints nothing more.
        if (told.text !== '') this.#events.push(...told.text.trimEnd().split('\n').map(eventOf));
        return;
      case 'cut':
        // Whoever is told of a start is told before the power fails.
        await expect.poll(() => this.check.received.length, { timeout: 60_000 }).toBeGreaterThan(0);
        this.#tell(`the power fails during a run | pings: ${this.#pings()}`);
        child.kill('SIGKILL');
        return;
      case 'sleep':
        this.#tellOfRun();
        await this.#pass(told.ms);
        if (this.#now >= end) child.kill();
        else child.send(this.#woken(end));
    }
  }

  #woken(end: Date): Woken {
    return {
      nowMs: this.#now.getTime(),
      freeMs: Math.min(end.getTime(), this.#deeds[0]?.at.getTime() ?? Infinity),
      cutMs: this.#cutAt?.getTime() ?? null,
    };
  }

  /** So much time passes while the machine is awake; what happens meanwhile happens. */
  async #pass(ms: number): Promise<void> {
    let leftMs = ms;
    for (;;) {
      const [deed] = this.#deeds;
      const inMs = Math.max(0, (deed?.at.getTime() ?? Infinity) - this.#now.getTime());
      if (deed === undefined || inMs > leftMs) break;
      leftMs -= inMs;
      this.#now = new Date(this.#now.getTime() + inMs);
      this.#deeds = this.#deeds.slice(1);
      if (deed.what !== '') this.#tell(deed.what);
      await deed.act();
    }
    this.#now = new Date(this.#now.getTime() + leftMs);
  }

  #tellOfRun(): void {
    const { rows, place } = this.#options;
    const find = (event: string): JsonEvent | undefined => this.#events.find((one) => one.event === event);
    const end = find('end');
    if (end !== undefined) {
      const missed = find('missed');
      const why = missed === undefined ? '' : ` for ${String(missed['count'])} missed`;
      const ends = rows.map(({ name, series }) => {
        const one = this.#events.find(({ event, row }) => event === 'row' && row === name);
        return [name, String(one?.['outcome']), ...days(place, series)].join(' ');
      });
      const failure = (end['error'] as { readonly code: string } | undefined)?.code ?? ends.join(' | ');
      this.#tell(
        `${find('first') === undefined ? 'run' : 'first run'}${why}: ${failure} | pings: ${this.#pings()}`,
      );
    }
    this.#events = [];
  }

  #pings(): string {
    const paths = this.check.received.splice(0).map(({ path }) => path.split('/')[2] ?? 'success');
    return paths.join(' ');
  }

  #tell(line: string): void {
    this.#story.push(`${tellTime(this.#now)}  ${line}`);
  }

  #environment(): NodeJS.ProcessEnv {
    return environment(this.#options.place.options({ env: this.#clockEnv() }));
  }

  #clockEnv(): Readonly<Record<string, string>> {
    return {
      [CLOCK]: String(this.#now.getTime()),
      NODE_OPTIONS: `--require ${JSON.stringify(this.#hook)}`,
      TZ: 'Europe/Berlin',
    };
  }
}

function eventOf(line: string): JsonEvent {
  return JSON.parse(line) as JsonEvent;
}

/** The snapshots of a series, by the days of the month that their names bear. */
function days(place: Place, series: string): readonly string[] {
  return place.whole(series).map((name) => name.slice(8, 10));
}
