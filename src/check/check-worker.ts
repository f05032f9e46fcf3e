// A thread that reads archives, one after the other.
import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { loadBlake3 } from '../hash/blake3.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { checkArchive } from './check-archive.ts';
import type { CheckResult, CheckTask, Expected, Progress } from './tasks.ts';

const hasher = loadBlake3().then(async (blake3) => await blake3.create());

async function work(task: CheckTask): Promise<CheckResult> {
  const store = new LocalStore(task.folder ?? '');
  const source = {
    sizeBytes: task.sizeBytes,
    async read(offset: number, length: number): Promise<Buffer> {
      const bytes = await store.readRange(task.key, offset, length);
      parentPort?.postMessage({ readBytes: length } satisfies Progress);
      return bytes;
    },
  };
  return await checkArchive({ ...task, expected: expectedOf(task) }, source, await hasher);
}

async function expectedOf({ expected }: CheckTask): Promise<Expected> {
  const [told] = (await once(expected, 'message')) as [Expected];
  expected.close();
  return told;
}

parentPort?.on('message', (task: CheckTask) => {
  void work(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error }),
  );
});
