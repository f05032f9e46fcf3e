// Apache with mod_dav, from Debian's package: WebDAV as it is written, behind a password.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';

const MODULES = '/usr/lib/apache2/modules';

/** Whether it is installed; tests that need it are skipped without it. */
export const hasApache: boolean =
  existsSync('/usr/sbin/apache2') && existsSync(`${MODULES}/mod_dav_fs.so`) && existsSync('/usr/bin/openssl');

/** The user that it knows, and the password. */
export const DAV_LOGIN = { user: 'me@example.com', password: 'päss:word' } as const;
export const DAV_ENV: Readonly<Record<string, string>> = { SNAPSHOT_WEBDAV_PASSWORD: DAV_LOGIN.password };

export class Apache {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** What is behind `/dav/`, on the disk. */
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #root: string;

  private constructor(host: string, root: string, child: ChildProcess) {
    this.host = host;
    this.folder = join(root, 'www', 'dav');
    this.#root = root;
    this.#child = child;
  }

  /** An address on it, or on what stands before it. */
  address(path: string, host: string = this.host): string {
    return `webdav://${encodeURIComponent(DAV_LOGIN.user)}@${host}/dav/${path}`;
  }

  static async start(): Promise<Apache> {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-apache-'));
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'www', 'dav'), { recursive: true });
    mkdirSync(join(root, 'locks'));
    const [port] = await freePorts(1);
    const hash = spawnSync('openssl', ['passwd', '-apr1', '-stdin'], { input: DAV_LOGIN.password });
    writeFileSync(join(root, 'users'), `${DAV_LOGIN.user}:${hash.stdout.toString().trim()}\n`);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) spawnSync('chown', ['-R', 'nobody', join(root, 'www'), join(root, 'locks')]);
    const modules = [
      'mpm_event',
      'authn_core',
      'authn_file',
      'authz_core',
      'authz_user',
      'auth_basic',
      'dav',
      'dav_fs',
    ];
    const config = [
      `ServerRoot ${root}`,
      'ServerName 127.0.0.1',
      `Listen 127.0.0.1:${port}`,
      `PidFile ${root}/pid`,
      `ErrorLog ${root}/log`,
      `DefaultRuntimeDir ${root}`,
      ...modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
      ...(isRoot ? ['User nobody', 'Group nogroup'] : []),
      'KeepAlive On',
      'MaxKeepAliveRequests 0',
      'StartServers 1',
      'ThreadsPerChild 16',
      'MaxRequestWorkers 16',
      `DocumentRoot ${root}/www`,
      `DavLockDB ${root}/locks/db`,
      '<Location /dav>',
      'Dav On',
      'AuthType Basic',
      'AuthName dav',
      `AuthUserFile ${root}/users`,
      'Require valid-user',
      '</Location>',
    ];
    writeFileSync(join(root, 'conf'), `${config.join('\n')}\n`);
    const child = spawn('/usr/sbin/apache2', ['-f', join(root, 'conf'), '-DFOREGROUND'], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const host = `127.0.0.1:${port}`;
    // Nothing tells when it listens.
    while (
      !(await fetch(`http://${host}/dav/`).then(
        ({ status }) => status === 401,
        () => false,
      ))
    ) {
      if (child.exitCode !== null) throw new Error(`apache2 has ended with ${child.exitCode}`);
      await delay(20);
    }
    return new Apache(host, root, child);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
    }
    rmSync(this.#root, { recursive: true, force: true });
  }
}
