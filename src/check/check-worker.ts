// A thread that reads archives, one after the other.
import { parentPort } from 'node:worker_threads';
import type { ArchiveSource } from '../format/found-member.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { readAll, readShare } from './read-members.ts';
import { readChosen } from './read-pieces.ts';
import type { ArchiveFile, CheckResults, CheckTask, Progress } from './tasks.ts';

const blake3 = loadBlake3().then(async (loaded) => await loaded.create());

async function work(task: CheckTask): Promise<CheckResults[CheckTask['kind']]> {
  const { archive } = task;
  const hasher = await blake3;
  const source = sourceOf(archive, (readBytes) => parentPort?.postMessage({ readBytes } satisfies Progress));
  if (task.kind === 'pieces') return await readChosen(task, source, hasher);
  if (task.kind === 'read') return await readAll(archive, source, hasher);
  const sum = sourceOf(archive, () => {});
  return await readShare(archive, source, hasher, { sum, next: task.next });
}

function sourceOf(
  { folder = '', key, sizeBytes }: ArchiveFile,
  read: (bytes: number) => void,
): ArchiveSource {
  const store = new LocalStore(folder);
  return {
    sizeBytes,
    async read(offset: number, length: number, into = Buffer.allocUnsafe(length)): Promise<Buffer> {
      const bytes = await store.readInto(key, offset, into);
      read(length);
      return bytes;
    },
  };
}

parentPort?.on('message', (task: CheckTask) => {
  void work(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error }),
  );
});
