// A dashboard of a series that is real, and requests as a browser, or anybody else, may send them.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadPlan } from '../plan/plan.ts';
import { runTask } from './run-task.ts';
import { type Dashboard, openDashboard } from './server.ts';
import type { Task } from './tasks.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into, field by field
  readonly json: any;
}

export interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
  /** Undefined: that of the lab. */
  readonly token?: string;
}

const QUIET = { progress: () => {}, problem: () => {}, note: () => {} };

export class Lab {
  readonly root: string = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-dashboard-')));
  readonly source: string = this.path('source');
  readonly restored: string = this.path('restored');
  readonly plan: string = this.path('plan.csv');
  /** Addresses that were told. */
  readonly urls: string[] = [];
  readonly failures: unknown[] = [];
  token = '';
  dashboard!: Dashboard;

  /** One row `data`, run once, and its dashboard. */
  static async open(options: { readonly restores?: boolean } = {}): Promise<Lab> {
    const lab = new Lab();
    onTestFinished(async () => {
      await lab.dashboard.close();
      rmSync(lab.root, { recursive: true, force: true });
    });
    Object.assign(process.env, { HOME: lab.root, XDG_STATE_HOME: lab.root, LOCALAPPDATA: lab.root });
    mkdirSync(lab.restored);
    lab.write('note.txt', 'one');
    lab.write('photos/a.jpg', 'picture');
    lab.write('photos/ä ö/b?.txt', 'odd');
    writeFileSync(lab.plan, 'source,destination,name\nsource,destination,data\n');
    await lab.run();
    lab.dashboard = await openDashboard({
      plan: lab.plan,
      listen: '127.0.0.1:0',
      restoreTo: options.restores === false ? undefined : lab.restored,
      log: undefined,
      onUrl: (url) => lab.urls.push(url),
      onError: (error) => lab.failures.push(error),
    });
    const { json } = await lab.ask('POST', '/v1/session', { body: { code: lab.code() } });
    lab.token = (json as { token: string }).token;
    return lab;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, content: string): void {
    const file = join(this.source, name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
  }

  /** Runs the plan without the dashboard. */
  async run(): Promise<void> {
    const asked = { name: 'data', dryRun: false, accept: 'nothing' } as const;
    await runTask(await loadPlan(this.plan), asked, undefined, QUIET, new AbortController().signal);
  }

  /** The code in the newest address. */
  code(): string {
    return /#code=(.*)$/.exec(this.urls.at(-1) ?? '')?.[1] ?? '';
  }

  async ask(
    method: string,
    path: string,
    { headers = {}, body, token = this.token }: Asking = {},
  ): Promise<Answer> {
    const { port } = new URL(this.dashboard.url);
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    return await new Promise((resolve, reject) => {
      const asking = request(
        {
          host: '127.0.0.1',
          port,
          method,
          path,
          headers: {
            ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
            ...(typeof body === 'object' ? { 'Content-Type': 'application/json' } : {}),
            ...headers,
          },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('error', reject);
          answer.on('end', () => {
            const bytes = Buffer.concat(parts);
            const isJson =
              bytes.length > 0 && answer.headers['content-type']?.startsWith('application/json') === true;
            const json: unknown = isJson ? JSON.parse(bytes.toString()) : undefined;
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, json });
          });
        },
      );
      asking.on('error', reject);
      asking.end(text);
    });
  }

  /** The id of the only row. */
  async row(): Promise<string> {
    const { json } = await this.ask('GET', '/v1/overview');
    return (json as { rows: { id: string }[] }).rows[0]?.id ?? '';
  }

  /** Begins a task, and waits for its end as a page does: by the events. */
  async task(path: string, body: object): Promise<Task> {
    const { status, json } = await this.ask('POST', path, { body });
    if (status !== 202) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`);
    const { task } = json as { task: number };
    const answer = await fetch(`${this.dashboard.url}/v1/events`, {
      headers: { Authorization: `Bearer ${this.token}` },
    });
    let text = '';
    for await (const part of answer.body ?? []) {
      text += Buffer.from(part).toString();
      const told = [...text.matchAll(/^data: (.*)$/gm)].flatMap(
        ([, data = '']) => JSON.parse(data) as Task | Task[],
      );
      const found = told.findLast(({ id, ended }) => id === task && ended !== null);
      if (found !== undefined) return found;
    }
    throw new Error('the events have ended');
  }
}
