// How the tools are called for places far away.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Apache, DAV_ENV, DAV_LOGIN } from '../test/support/servers/apache.ts';
import { SftpServer } from '../test/support/servers/sftp.ts';
import { Swift, SWIFT_KEYS } from '../test/support/servers/swift.ts';
import type { CaseId } from './cases.ts';
import type { Command } from './measure.ts';

/** A real server, and how each tool reaches it on `port`, where the line to it begins. */
export interface FarServer {
  readonly title: string;
  /** Where it listens. */
  readonly port: number;
  /** Whether what it is asked can be counted. */
  readonly isHttp: boolean;
  readonly own: (port: number, name: string) => Reached;
  readonly restic: (port: number, name: string) => Reached;
  readonly stop: () => Promise<void>;
}

interface Reached {
  readonly address: string;
  readonly options?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What a tool does in a folder of its own, in one round. */
export interface FarTool {
  readonly title: string;
  readonly prepare: () => Command | undefined;
  readonly commands: Readonly<Record<FarCaseId, Command>>;
}

export type FarCaseId = Extract<CaseId, 'first' | 'nothing' | 'changed' | 'restore'>;

export const FAR_SERVERS: readonly (() => Promise<FarServer>)[] = [sftp, s3, webdav];

/** It has a file of its own, and cannot start with certificates of others. */
const RCLONE = { RCLONE_CONFIG: '/dev/null', AWS_CA_BUNDLE: '' };

async function sftp(): Promise<FarServer> {
  const server = await SftpServer.start();
  const ssh = `${server.ssh.replace('/known ', '/met ')} -o StrictHostKeyChecking=accept-new -o LogLevel=ERROR`;
  const [, user = '', folder = ''] = /^sftp:\/\/([^@]*)@[^/]*(\/.*)\/x$/.exec(server.address('x')) ?? [];
  return {
    title: 'SFTP (OpenSSH)',
    port: server.port,
    isHttp: false,
    own: (port, name) => ({
      address: `sftp://${user}@127.0.0.1:${port}${folder}/${name}`,
      environment: { SNAPSHOT_SSH: ssh },
    }),
    restic: (port, name) => ({
      address: `sftp:${user}@127.0.0.1:${folder}/${name}`,
      options: ['-o', `sftp.command=${ssh} -p ${port} ${user}@127.0.0.1 -s sftp`],
      environment: {},
    }),
    stop: async () => await server.stop(),
  };
}

async function s3(): Promise<FarServer> {
  const server = await Swift.start(1000);
  return {
    title: 'S3 (Swift; restic by rclone)',
    port: Number(server.host.split(':')[1]),
    isHttp: true,
    own: (port, name) => ({
      address: `s3://backup/${name}?endpoint=127.0.0.1:${port}`,
      environment: SWIFT_KEYS,
    }),
    // What restic itself sends to a server without TLS, Swift does not take (aws-chunked).
    restic: (port, name) => ({
      address: `rclone:swift:backup/${name}`,
      environment: {
        ...RCLONE,
        RCLONE_CONFIG_SWIFT_TYPE: 's3',
        RCLONE_CONFIG_SWIFT_PROVIDER: 'Other',
        RCLONE_CONFIG_SWIFT_ENDPOINT: `http://127.0.0.1:${port}`,
        RCLONE_CONFIG_SWIFT_REGION: 'us-east-1',
        RCLONE_CONFIG_SWIFT_ACCESS_KEY_ID: SWIFT_KEYS.AWS_ACCESS_KEY_ID,
        RCLONE_CONFIG_SWIFT_SECRET_ACCESS_KEY: SWIFT_KEYS.AWS_SECRET_ACCESS_KEY,
      },
    }),
    stop: async () => await server.stop(),
  };
}

async function webdav(): Promise<FarServer> {
  const server = await Apache.start();
  const hidden = spawnSync('rclone', ['obscure', DAV_LOGIN.password], { encoding: 'utf8' }).stdout.trim();
  return {
    title: 'WebDAV (Apache; restic by rclone)',
    port: Number(server.host.split(':')[1]),
    isHttp: true,
    own: (port, name) => ({ address: server.address(name, `127.0.0.1:${port}`), environment: DAV_ENV }),
    restic: (port, name) => ({
      address: `rclone:dav:${name}`,
      environment: {
        ...RCLONE,
        RCLONE_CONFIG_DAV_TYPE: 'webdav',
        RCLONE_CONFIG_DAV_URL: `http://127.0.0.1:${port}/dav`,
        RCLONE_CONFIG_DAV_USER: DAV_LOGIN.user,
        RCLONE_CONFIG_DAV_PASS: hidden,
      },
    }),
    stop: async () => await server.stop(),
  };
}

/** @param folder - Empty, for plans, caches and what is restored. */
export function farSnapshot(
  main: string,
  { address, environment }: Reached,
  tree: string,
  folder: string,
): FarTool {
  const plan = join(folder, 'plan.csv');
  writeFileSync(plan, `source,destination,name\n"${tree}","${address}",corpus\n`);
  const call = (...args: readonly string[]): Command => ({
    stages: [[process.execPath, main, ...args, '--plan', plan, '--quiet', '--no-color']],
    folder,
    environment: { ...environment, XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder },
  });
  const run = call('run');
  return {
    title: 'snapshot',
    prepare: () => undefined,
    commands: {
      first: run,
      nothing: run,
      changed: run,
      restore: call('restore', 'corpus', '--to', join(folder, 'out')),
    },
  };
}

/** @param folder - Empty. */
export function farRestic(
  { address, options = [], environment }: Reached,
  tree: string,
  folder: string,
): FarTool {
  const call = (...args: readonly string[]): Command => ({
    stages: [['restic', '--quiet', '--repo', address, ...options, ...args]],
    environment: { ...environment, RESTIC_PASSWORD: 'benchmark', RESTIC_CACHE_DIR: join(folder, 'cache') },
  });
  const backup = call('backup', tree);
  return {
    title: 'restic',
    prepare: () => call('init'),
    commands: {
      first: backup,
      nothing: backup,
      changed: backup,
      restore: call('restore', 'latest', '--target', join(folder, 'out')),
    },
  };
}
