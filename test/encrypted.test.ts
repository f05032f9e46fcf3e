// Encrypted snapshots, by the command line, and by hand with the tools that everybody has.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { live } from './support/backup-life.ts';
import type { Ended } from './support/command.ts';
import { Place } from './support/place.ts';
import { noSftp, SftpServer } from './support/servers/sftp.ts';
import { lookAt } from './support/trees.ts';

/** Names and contents below `root`. */
function seen(root: string): readonly string[] {
  return [...lookAt(root)].map(([path, { type, mode, sha256 }]) => [path, type, mode, sha256].join(' '));
}

/** A place with keys, and a plan that names them. */
class SecretPlace {
  readonly place = Place.open();
  readonly env: Readonly<Record<string, string>>;
  readonly keys: string;
  readonly recovery: string;

  constructor() {
    this.keys = this.place.path('config', 'snapshot');
    this.env = { XDG_CONFIG_HOME: this.place.path('config'), SNAPSHOT_IDENTITY: '' };
    const made = execFileSync(process.execPath, ['dist/bin/main.js', 'key', 'new', '--json'], {
      encoding: 'utf8',
      env: { ...process.env, ...this.env },
    });
    this.recovery = /AGE-SECRET-KEY-1\w+/.exec(made)?.[0] ?? '';
    this.writePlan(this.recipients());
  }

  /** One with something to back up. */
  static open(): SecretPlace {
    const secret = new SecretPlace();
    secret.place.write({
      'letters/to-anna.txt': 'Dear Anna, the treasure',
      'photo.bin': Buffer.alloc(400_000, 'x'),
    });
    return secret;
  }

  /** The file for the column `encrypt`. */
  recipients(): string {
    return join(this.keys, 'recipients.txt');
  }

  writePlan(encrypt: string): void {
    this.place.writePlan('source,destination,name,keep,encrypt', `source,disk,data,3,${encrypt}`);
  }

  async command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return await this.place.command(args, { env: { ...this.env, ...env } });
  }

  async well(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.command(args);
    expect(`${status} ${stderr}`, args.join(' ')).toMatch(/^0 /);
    return stdout;
  }

  /** Runs the plan in this process. */
  async night(): Promise<void> {
    vi.stubEnv('SNAPSHOT_IDENTITY', join(this.keys, 'identity.txt'));
    try {
      await this.place.night();
    } finally {
      vi.unstubAllEnvs();
    }
  }

  series(...parts: readonly string[]): string {
    return this.place.path('disk', 'data', ...parts);
  }

  snapshots(): readonly string[] {
    return readdirSync(this.series()).filter((name) => name.startsWith('20'));
  }
}

describe('an encrypted series', () => {
  it('is written, looked at, verified, drilled, rotated and restored as any other', async () => {
    const secret = SecretPlace.open();
    for (let night = 0; night < 5; night++) {
      writeFileSync(join(secret.place.source, 'night.txt'), `${night}`);
      await secret.night();
    }
    expect(await secret.well('run')).toContain('nothing changed');
    expect(secret.snapshots()).toHaveLength(3);
    expect(await secret.well('list')).toContain('3 snapshots');
    expect(await secret.well('files', 'data')).toContain('letters/to-anna.txt');
    expect(await secret.well('find', 'to-anna.txt')).toContain('letters/to-anna.txt');
    expect(await secret.well('cat', 'data', 'letters/to-anna.txt')).toBe('Dear Anna, the treasure');
    expect(await secret.well('verify', '--level', 'full')).toContain('healthy');
    expect(await secret.well('verify', '--drill')).toContain('drill passed');
    expect(await secret.well('status')).toContain('data');
    const newest = secret.snapshots().at(-1) ?? '';
    await secret.well('pin', 'data', newest);
    // The plan and the state of this machine are gone.
    renameSync(secret.place.plan, secret.place.path('gone.csv'));
    await secret.well('restore', secret.series(), '--to', secret.place.path('back'));
    expect(seen(secret.place.path('back'))).toEqual(seen(secret.place.source));
  });

  it('shows nothing of what is in it', async () => {
    const secret = SecretPlace.open();
    appendFileSync(join(secret.place.source, 'unreadable'), 'x');
    await secret.night();
    await secret.well('verify', '--level', 'full');
    const all = readdirSync(secret.place.path('disk'), { recursive: true, encoding: 'utf8' });
    expect(all.length).toBeGreaterThan(8);
    const clear = all.filter((name) => {
      const path = secret.place.path('disk', name);
      const text = `${name} ${statSync(path).isFile() ? readFileSync(path, 'latin1') : ''}`;
      return /anna|letters|photo|treasure|unreadable/i.test(text) || text.includes(secret.place.source);
    });
    expect(clear).toEqual([]);
    // Each file is one of age, or one of the few that docs/encryption.md lists.
    const plain = all.filter((name) => {
      const path = secret.place.path('disk', name);
      return statSync(path).isFile() && !readFileSync(path, 'latin1').startsWith('age-encryption.org/v1\n');
    });
    expect(plain.map((name) => name.split('/').at(-1))).toEqual(['README.txt', 'SHA256SUMS', 'info.json']);
  });

  it('is given back by age and tar alone, with the recovery key', async () => {
    const secret = SecretPlace.open();
    await secret.night();
    writeFileSync(join(secret.place.source, 'later.txt'), 'later');
    await secret.night();
    const key = secret.place.path('paper.txt');
    writeFileSync(key, `${secret.recovery}\n`);
    // As docs/encryption.md says.
    const byHand = `cd "$1" && sha256sum -c --quiet SHA256SUMS &&
      mkdir "$2" && for f in *.age; do age -d -i "$3" -o "$2/\${f%.age}" "$f" || exit 1; done &&
      cd "$2" && sh RESTORE.txt "$4"`;
    const [newest, clear, to] = [
      secret.snapshots().at(-1) ?? '',
      secret.place.path('clear'),
      secret.place.path('to'),
    ];
    execFileSync('sh', ['-c', byHand, 'sh', secret.series(newest), clear, key, to], { stdio: 'pipe' });
    expect(seen(to)).toEqual(seen(secret.place.source));
  });

  it('says in one line that there is no key, or another one, and does nothing by halves', async () => {
    const secret = SecretPlace.open();
    await secret.night();
    const other = SecretPlace.open();
    const nobody = { XDG_CONFIG_HOME: secret.place.path('nobody') };
    for (const [env, what] of [
      [nobody, 'there is no key'],
      [other.env, 'is encrypted for others'],
    ] as const) {
      const target = secret.place.path('half');
      const restored = await secret.command(['restore', secret.series(), '--to', target], env);
      expect(restored.status).toBe(1);
      expect(restored.stderr).toContain(what);
      expect(restored.stderr).toContain('--identity FILE');
      expect(existsSync(target)).toBe(false);
      const before = secret.snapshots();
      writeFileSync(join(secret.place.source, 'more'), what);
      const run = await secret.command(['run'], env);
      expect(run.status).toBe(1);
      expect(run.stderr + run.stdout).toContain(what);
      expect(secret.snapshots()).toEqual(before);
      const check = await secret.command(['check'], env);
      expect(check.stdout.split('\n').filter((line) => line.includes(what))).toHaveLength(1);
      const status = await secret.command(['status'], env);
      expect(status.status).toBe(1);
      expect(status.stdout).toContain(what);
      expect(status.stdout).not.toContain('has never run');
    }
    const named = ['--identity', join(secret.keys, 'identity.txt')];
    const back = secret.place.path('back');
    const restored = await secret.command(['restore', secret.series(), '--to', back, ...named], nobody);
    expect(restored.status).toBe(0);
    expect(readFileSync(join(back, 'letters/to-anna.txt'), 'utf8')).toContain('Anna');
  });

  it('is not begun by a machine that could not go on with it', async () => {
    const secret = SecretPlace.open();
    const nobody = { XDG_CONFIG_HOME: secret.place.path('nobody') };
    for (const command of ['check', 'run']) {
      const { status, stdout, stderr } = await secret.command([command], nobody);
      expect([status, stdout + stderr]).toEqual([1, expect.stringContaining('there is no key')]);
    }
    secret.writePlan(new SecretPlace().recipients());
    const { status, stdout, stderr } = await secret.command(['run']);
    expect([status, stdout + stderr]).toEqual([1, expect.stringContaining('those in the column `encrypt`')]);
    expect(existsSync(secret.series())).toBe(false);
  });

  it('is held against its check sums where there is no key', async () => {
    const secret = SecretPlace.open();
    await secret.night();
    const nobody = { XDG_CONFIG_HOME: secret.place.path('nobody') };
    const verify = async (...args: readonly string[]): Promise<Ended> =>
      await secret.command(['verify', secret.series(), ...args], nobody);
    const whole = await verify('--level', 'full');
    expect([whole.status, whole.stdout]).toEqual([0, expect.stringContaining('stored as it was')]);
    expect(whole.stdout).toContain('Only a verify with the key tells whether it can be restored');
    expect(whole.stdout).not.toContain('healthy');
    const [snapshot = ''] = secret.snapshots();
    const [archive = ''] = readdirSync(secret.series(snapshot)).filter((name) =>
      name.endsWith('Z.tar.zst.age'),
    );
    const bytes = readFileSync(secret.series(snapshot, archive));
    bytes[300] = (bytes[300] ?? 0) ^ 1;
    writeFileSync(secret.series(snapshot, archive), bytes);
    expect((await verify()).status).toBe(0);
    const damaged = await verify('--level', 'full');
    expect([damaged.status, damaged.stdout]).toEqual([1, expect.stringContaining(`${snapshot}/${archive}`)]);
    // With the key, the same is found, and the next run writes it again.
    expect((await secret.command(['verify', '--level', 'full'])).status).toBe(1);
    await secret.night();
    expect((await secret.command(['verify', '--at', 'latest', '--level', 'full'])).status).toBe(0);
  });

  it('begins and ends with its column, and what was written before stays as it is', async () => {
    const secret = SecretPlace.open();
    secret.writePlan('');
    await secret.night();
    const [clear = ''] = secret.snapshots();
    secret.writePlan(secret.recipients());
    // That alone is no reason for a snapshot.
    expect(await secret.well('run')).toContain('nothing changed');
    writeFileSync(join(secret.place.source, 'now.txt'), 'now');
    await secret.night();
    const sealed = secret.snapshots().at(-1) ?? '';
    const archives = readdirSync(secret.series(sealed)).filter((name) => name.includes('.tar.zst'));
    // Nothing is shared with the one in the clear.
    expect(archives.every((name) => name.includes(sealed) && name.endsWith('.age'))).toBe(true);
    expect(await secret.well('verify', '--level', 'full')).toContain('healthy');
    for (const at of [clear, sealed]) {
      const to = secret.place.path(`to ${at}`);
      await secret.well('restore', 'data', '--at', at, '--to', to);
      expect(readFileSync(join(to, 'letters/to-anna.txt'), 'utf8')).toContain('Anna');
    }
    secret.writePlan('');
    writeFileSync(join(secret.place.source, 'again.txt'), 'again');
    const refused = await secret.command(['run']);
    expect(refused.status).toBe(1);
    expect(refused.stdout + refused.stderr).toContain('is encrypted, and its row says nothing of that');
    expect(secret.snapshots()).toHaveLength(2);
    // Other recipients: written anew for them, from the next snapshot on.
    const keygen = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    appendFileSync(join(secret.keys, 'identity.txt'), keygen);
    secret.writePlan(/public key: (age1\w+)/.exec(keygen)?.[1] ?? '');
    await secret.night();
    const last = secret.snapshots().at(-1) ?? '';
    const key = secret.place.path('new-key.txt');
    writeFileSync(key, keygen);
    for (const name of readdirSync(secret.series(last)).filter((file) => file.endsWith('.age')))
      execFileSync('age', ['-d', '-i', key, '-o', secret.place.path('x'), secret.series(last, name)], {
        stdio: 'pipe',
      });
    expect(await secret.well('verify', '--level', 'full')).toContain('healthy');
  });

  it('is a series, which restore does not touch', async () => {
    const secret = SecretPlace.open();
    await secret.night();
    mkdirSync(secret.place.path('copies'));
    renameSync(secret.series(), secret.place.path('copies', 'elsewhere'));
    secret.writePlan(secret.recipients());
    await secret.night();
    const to = secret.place.path('copies');
    const refused = await secret.command([
      'restore',
      'data',
      '--to',
      to,
      '--overwrite',
      'always',
      '--delete',
      '--yes',
    ]);
    expect(refused.status).not.toBe(0);
    expect(readdirSync(secret.place.path('copies', 'elsewhere')).length).toBeGreaterThan(0);
  });
});

describe('snapshot key', () => {
  it('makes keys once, shows their public halves, and sees that the one on paper is right', async () => {
    const secret = SecretPlace.open();
    const again = await secret.command(['key', 'new']);
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('There is a key already')]);
    const identity = join(secret.keys, 'identity.txt');
    expect(statSync(identity).mode & 0o777).toBe(0o600);
    // Nor by halves, where one of the two files is away.
    renameSync(identity, secret.place.path('away'));
    const half = await secret.command(['key', 'new']);
    expect([half.status, half.stdout, existsSync(identity)]).toEqual([2, '', false]);
    renameSync(secret.place.path('away'), identity);
    expect(await secret.well('key', 'show')).toContain('never checked');
    expect(await secret.well('key', 'show')).not.toContain('AGE-SECRET-KEY');
    const paper = secret.place.path('paper.txt');
    const check = async (text: string): Promise<Ended> => {
      writeFileSync(paper, text, { mode: 0o600 });
      return await secret.command(['key', 'check', paper]);
    };
    const own = readFileSync(join(secret.keys, 'identity.txt'), 'utf8');
    expect((await check(own)).stderr).toContain('That is the key of this machine, and not the recovery key');
    expect((await check(secret.recovery.slice(0, -1))).stderr).toContain(
      'a letter of it is wrong, or missing',
    );
    await secret.night();
    expect(await secret.well('status')).toContain('The recovery key was never checked');
    expect((await check(secret.recovery)).status).toBe(0);
    expect(await secret.well('key', 'show')).toContain('checked 20');
    expect(await secret.well('status')).not.toContain('recovery key');
  });
});

const why = noSftp('plain');

describe.skipIf(why !== undefined)(why ?? 'an encrypted series on a server', () => {
  it('is checked, written, looked at, verified and restored, also without the plan', async () => {
    const server = await SftpServer.start('plain');
    try {
      const secret = new SecretPlace();
      const address = server.address('nas');
      secret.place.writePlan(
        'source,destination,name,keep,encrypt',
        `source,${address},data,last=2,${secret.recipients()}`,
      );
      const env = { ...secret.env, SNAPSHOT_SSH: server.share() };
      await live(secret.place, { address, env, renames: true });
    } finally {
      await server.stop();
    }
  });
});
