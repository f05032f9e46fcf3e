// An SSH server of a test's own, as its package has it: OpenSSH, on a port of this machine, with a key for one user.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const SSHD = '/usr/sbin/sshd';
const IS_ROOT = process.getuid?.() === 0;
/** Without its rights nothing is refused; this one is on every system. */
const LOGIN = IS_ROOT ? 'nobody' : userInfo().username;

export type SftpKind =
  /** As OpenSSH comes. */
  | 'plain'
  /** What providers of storage have: the user is locked in a folder, and nothing else can be run. */
  | 'jail'
  /** Version 3 as it is written, without what OpenSSH has added. */
  | 'bare'
  /** Nothing can be removed. */
  | 'append-only'
  /** Nothing can be written. */
  | 'read-only';

/** Why there can be no server of this kind here; undefined when there can. */
export function noSftp(kind: SftpKind = 'plain'): string | undefined {
  if (process.platform !== 'linux' || !existsSync(SSHD)) return 'needs openssh-server';
  if (kind === 'jail' && !IS_ROOT) return 'needs root';
  return undefined;
}

const EXTENSIONS = 'posix-rename,fsync,hardlink,statvfs,limits';

export class SftpServer {
  readonly port: number;
  /** The folder on the server's disk in which the addresses of {@link address} are. */
  readonly folder: string;
  /** For SNAPSHOT_SSH: knows the key, and the key of the server. */
  readonly ssh: string;
  readonly root: string;
  readonly #kind: SftpKind;
  readonly #sshd: ChildProcess;

  private constructor(kind: SftpKind, root: string, port: number, sshd: ChildProcess) {
    this.#kind = kind;
    this.root = root;
    this.port = port;
    this.#sshd = sshd;
    this.folder = join(root, 'jail', 'data');
    this.ssh = `ssh -F none -i ${join(root, 'key')} -o UserKnownHostsFile=${join(root, 'known')} -o IdentitiesOnly=yes`;
  }

  /** Starts one; the caller stops it. */
  static async start(kind: SftpKind = 'plain'): Promise<SftpServer> {
    // All folders above a jail have to be root's alone.
    const root = mkdtempSync(join(kind === 'jail' ? '/run' : tmpdir(), 'snapshot-sftp-'));
    chmodSync(root, 0o755);
    const [jail, data] = [join(root, 'jail'), join(root, 'jail', 'data')];
    mkdirSync(data, { recursive: true });
    if (IS_ROOT) {
      const [uid = 0, gid = 0] = ['-u', '-g'].map((which) =>
        Number(spawnSync('id', [which, LOGIN]).stdout.toString()),
      );
      chownSync(data, uid, gid);
      // Where its unprivileged part lives; made by systemd where that runs.
      mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    }
    for (const key of ['key', 'host']) {
      const { status, stderr } = spawnSync('ssh-keygen', [
        '-q',
        '-t',
        'ed25519',
        '-N',
        '',
        '-f',
        join(root, key),
      ]);
      if (status !== 0) throw new Error(stderr.toString());
    }
    const keys = join(root, 'authorized');
    writeFileSync(keys, readFileSync(join(root, 'key.pub')), { mode: 0o644 });
    const port = await freePort();
    writeFileSync(join(root, 'known'), `[127.0.0.1]:${port} ${readFileSync(join(root, 'host.pub'), 'utf8')}`);
    const server = {
      plain: `internal-sftp -d ${data}`,
      jail: 'internal-sftp -d /data',
      bare: `internal-sftp -d ${data} -P ${EXTENSIONS}`,
      'append-only': `internal-sftp -d ${data} -P remove,rmdir`,
      'read-only': `internal-sftp -d ${data} -R`,
    }[kind];
    const config = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(root, 'host')}`,
      `PidFile ${join(root, 'pid')}`,
      `AuthorizedKeysFile ${keys}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      `Subsystem sftp ${server}`,
      ...(kind === 'jail' ? [`ForceCommand ${server}`, `ChrootDirectory ${jail}`] : []),
    ];
    writeFileSync(join(root, 'config'), `${config.join('\n')}\n`);
    const sshd = spawn(SSHD, ['-D', '-f', join(root, 'config'), '-E', join(root, 'log')], {
      stdio: 'ignore',
    });
    await untilReady(port, sshd, join(root, 'log'));
    return new SftpServer(kind, root, port, sshd);
  }

  /** Of a folder below {@link folder}. */
  address(name: string): string {
    const above = this.#kind === 'jail' ? '/data' : this.folder;
    return `sftp://${LOGIN}@127.0.0.1:${this.port}${above}/${name}`;
  }

  /** Makes a connection that others of this user may go over: many short ones are quicker so. For SNAPSHOT_SSH. */
  share(): string {
    const [ssh = '', ...args] = `${this.ssh} -o ControlPath=${join(this.root, 'shared')}`.split(' ');
    const { status, stderr } = spawnSync(
      ssh,
      [...args, '-M', '-N', '-f', '-p', String(this.port), `${LOGIN}@127.0.0.1`],
      // It stays, and would keep a pipe open.
      { stdio: ['ignore', 'ignore', 'ignore'] },
    );
    if (status !== 0) throw new Error(`ssh: ${status} ${String(stderr)}`);
    return [ssh, ...args].join(' ');
  }

  /** Cuts all connections; new ones are taken. */
  cut(): void {
    this.#toSessions('SIGKILL');
  }

  /** Holds all connections: nothing is answered until {@link resume}. */
  hold(): void {
    this.#toSessions('SIGSTOP');
  }

  resume(): void {
    this.#toSessions('SIGCONT');
  }

  async stop(): Promise<void> {
    this.cut();
    if (this.#sshd.exitCode === null && this.#sshd.signalCode === null) {
      const ended = once(this.#sshd, 'exit');
      this.#sshd.kill();
      await ended;
    }
    rmSync(this.root, { recursive: true, force: true });
  }

  #toSessions(signal: NodeJS.Signals): void {
    for (const pid of childrenOf(this.#sshd.pid ?? 0)) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        // It has ended meanwhile.
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
      }
    }
  }
}

/** All processes that `pid` has started, those of them first that have started none. */
function childrenOf(pid: number): readonly number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)]);
  const children = stdout
    .toString()
    .split('\n')
    .map(Number)
    .filter((child) => child > 0);
  return children.flatMap((child) => [...childrenOf(child), child]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function untilReady(port: number, sshd: ChildProcess, log: string): Promise<void> {
  for (;;) {
    if (sshd.exitCode !== null) throw new Error(`sshd has ended: ${readFileSync(log, 'utf8')}`);
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      // Nothing tells when it listens.
      await delay(20);
    } finally {
      socket.destroy();
    }
  }
}
