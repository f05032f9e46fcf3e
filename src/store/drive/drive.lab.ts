// Places in the fake of Google Drive, for tests.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FakeDrive } from '../../../test/support/servers/fake-drive.ts';
import { NastyProxy } from '../../../test/support/servers/nasty-proxy.ts';
import type { Objects, SpooledFile } from '../objects.ts';
import { LateLocks } from '../wrap/late-locks.ts';
import { type DriveLab, openDrive } from './drive-objects.ts';

/** What this test alone has at Google. */
export interface DrivePlace {
  readonly drive: FakeDrive;
  readonly proxy: NastyProxy;
  readonly address: string;
  /** Of a machine that is logged in, and asks through the proxy. */
  readonly env: Readonly<Record<string, string>>;
  readonly objects: Objects;
  /** As another process of this machine, or with `env` another machine. */
  readonly open: (lab?: DriveLab) => Promise<Objects>;
  /** How often each method was asked since `from` requests were there. */
  readonly counts: (from?: number) => Readonly<Record<string, number>>;
}

/** A machine that has logged in. */
export function machine(drive: FakeDrive, host: string = drive.host): Readonly<Record<string, string>> {
  const home = mkdtempSync(join(tmpdir(), 'snapshot-drive-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const file = join(home, 'login.json');
  writeFileSync(file, JSON.stringify(drive.accounts.login()));
  return { HOME: home, XDG_STATE_HOME: home, SNAPSHOT_GDRIVE_LOGIN: file, SNAPSHOT_GDRIVE_HOST: host };
}

export async function drivePlace(lab: DriveLab = {}): Promise<DrivePlace> {
  const drive = await FakeDrive.start();
  const proxy = await NastyProxy.start(drive.host);
  onTestFinished(async () => {
    await proxy.stop();
    await drive.stop();
  });
  const address = "gdrive://Backups é&'x/nas";
  const env = machine(drive, proxy.host);
  const open = async (more: DriveLab = {}): Promise<Objects> => {
    const objects = new LateLocks(await openDrive(address, { env, ...lab, ...more }));
    onTestFinished(async () => await objects.close());
    return objects;
  };
  const counts = (from = 0): Readonly<Record<string, number>> => {
    const found: Record<string, number> = {};
    for (const request of drive.requests.slice(from)) found[request] = (found[request] ?? 0) + 1;
    return found;
  };
  return { drive, proxy, address, env, objects: await open(), open, counts };
}

export function spooled(bytes: Buffer): SpooledFile {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => await Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** Large bytes, short. */
export function sumOf(bytes: Uint8Array | undefined): string {
  return createHash('md5')
    .update(bytes ?? '')
    .digest('hex');
}
