import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { noSftp, type SftpKind, SftpServer } from '../../../test/support/servers/sftp.ts';
import { testStore } from '../contract.lab.ts';
import { openStore } from '../open-store.ts';
import type { Store } from '../store.ts';

describe.each<SftpKind>(['plain', 'jail', 'bare'])('SFTP, %s', (kind) => {
  const why = noSftp(kind);
  describe.skipIf(why !== undefined)(why ?? 'a real server', () => {
    let server: SftpServer;
    beforeAll(async () => {
      server = await SftpServer.start(kind);
      process.env['SNAPSHOT_SSH'] = server.ssh;
    });
    afterAll(async () => {
      delete process.env['SNAPSHOT_SSH'];
      await server.stop();
    });
    const open = async (): Promise<Store> => {
      const store = openStore(server.address(randomUUID()));
      onTestFinished(async () => await store.close());
      return await Promise.resolve(store);
    };
    testStore(`folder of a server, ${kind}`, open);
  });
});
