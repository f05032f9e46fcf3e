import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import { type FoundEntry, readTags } from './entry.ts';
import { must, type Scheduler, type SchedulerHost } from './scheduler.ts';
import { taskXml } from './task-xml.ts';

/** The Task Scheduler of Windows; entries are in its folder `\snapshot`. */
export function taskScheduler(host: SchedulerHost): Scheduler {
  const { env } = host;
  const schtasks = path.win32.join(env['SystemRoot'] ?? String.raw`C:\Windows`, 'System32', 'schtasks.exe');
  const user = `${env['USERDOMAIN'] ?? '.'}\\${env['USERNAME'] ?? ''}`;
  const names = async (): Promise<readonly string[]> => {
    const { stdout } = await must(host, schtasks, ['/Query', '/FO', 'CSV', '/NH']);
    const lines = stdout.toString('latin1').split(/\r?\n/);
    const found = lines.flatMap((line) => /^"\\snapshot\\([\w-]+)"/.exec(line)?.[1] ?? []);
    // One for each trigger.
    return [...new Set(found)];
  };
  const find = async (name: string): Promise<FoundEntry | undefined> => {
    const { stdout } = await must(host, schtasks, ['/Query', '/TN', taskOf(name), '/XML']);
    return readTags(stdout.toString('latin1').replaceAll('\0', '')).find((entry) => entry.name === name);
  };
  return {
    kind: 'task',
    hint: 'It runs while you are logged in.',
    isHere: async () => (await host.run(schtasks, ['/?'])).status === 0,
    drafts: (entry) => [{ place: taskOf(entry.name), text: taskXml(entry, user) }],
    async install(entry) {
      if ((await names()).includes(entry.name) && (await find(entry.name)) === undefined) {
        throw new SnapshotError('E_HOST', `Cannot replace the task "${taskOf(entry.name)}": it is not ours`, {
          hint: 'Choose another --name.',
        });
      }
      const folder = await mkdtemp(path.join(tmpdir(), 'snapshot-task-'));
      const file = path.join(folder, 'task.xml');
      try {
        await writeFile(file, `\uFEFF${taskXml(entry, user).replaceAll('\n', '\r\n')}`, 'utf16le');
        await must(host, schtasks, ['/Create', '/TN', taskOf(entry.name), '/XML', file, '/F']);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async list() {
      const found = await Promise.all((await names()).map(find));
      return found.filter((entry) => entry !== undefined);
    },
    async remove(name) {
      if (!(await names()).includes(name) || (await find(name)) === undefined) return false;
      await must(host, schtasks, ['/Delete', '/TN', taskOf(name), '/F']);
      return true;
    },
  };
}

function taskOf(name: string): string {
  return `\\snapshot\\${name}`;
}
