// npm run build:deb: the executable for Linux as a package for Debian and its relatives, in `release/`.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { changelog, control, copyright } from './debian-files.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RELEASE = join(ROOT, 'release');
const DEBIAN = join(ROOT, 'packaging', 'debian');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
};
const EXECUTABLE = join(RELEASE, `snapshot-${version}-linux-x64`);

/** The time that all of it bears, in seconds since 1970: the same sources make the same package. */
function sourceTime(): number {
  const given = process.env['SOURCE_DATE_EPOCH'] ?? '';
  if (/^\d+$/.test(given)) return Number(given);
  const ofCommit = execFileSync(
    'git',
    ['-c', `safe.directory=${ROOT.replace(/\/$/, '')}`, 'log', '-1', '--format=%ct'],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  );
  return Number(ofCommit);
}

/** What the program prints that makes `shell` complete its words. */
function completion(shell: string): string {
  return execFileSync(EXECUTABLE, ['completion', shell], { encoding: 'utf8' });
}

const packed = (text: string | Buffer): Buffer => gzipSync(text, { level: 9 });

// Of files and folders, whatever that of who builds is.
process.umask(0o022);
const work = mkdtempSync(join(RELEASE, '.deb-'));
chmodSync(work, 0o755);
try {
  const time = sourceTime();
  const put = (place: string, content: string | Buffer): void => {
    mkdirSync(join(work, dirname(place)), { recursive: true });
    writeFileSync(join(work, place), content);
  };
  put('usr/bin/snapshot', '');
  copyFileSync(EXECUTABLE, join(work, 'usr/bin/snapshot'));
  put('usr/share/man/man1/snapshot.1.gz', packed(readFileSync(join(ROOT, 'dist/snapshot.1'))));
  put('usr/share/bash-completion/completions/snapshot', completion('bash'));
  put('usr/share/zsh/vendor-completions/_snapshot', completion('zsh'));
  put('usr/share/fish/vendor_completions.d/snapshot.fish', completion('fish'));
  for (const unit of ['snapshot.service', 'snapshot.timer'])
    put(`usr/lib/systemd/system/${unit}`, readFileSync(join(DEBIAN, unit)));
  put('usr/share/lintian/overrides/snapshot', readFileSync(join(DEBIAN, 'lintian-overrides')));
  const doc = 'usr/share/doc/snapshot';
  put(`${doc}/copyright`, copyright(readFileSync(join(ROOT, 'LICENSE'), 'utf8')));
  put(`${doc}/LICENCES.txt.gz`, packed(readFileSync(join(RELEASE, 'LICENCES.txt'))));
  put(`${doc}/changelog.gz`, packed(changelog(version, new Date(time * 1000))));
  put(`${doc}/NEWS.gz`, packed(readFileSync(join(ROOT, 'CHANGELOG.md'))));
  put('DEBIAN/control', control(version, Math.ceil(statSync(EXECUTABLE).size / 1024) + 1024));

  const name = `snapshot_${version}_amd64.deb`;
  // Little effort, as nearly all of it is Node: it costs a tenth of the size and saves minutes. One thread, as more make other bytes.
  execFileSync(
    'dpkg-deb',
    ['--root-owner-group', '-Zxz', '-z1', '--threads-max=1', '-b', work, join(RELEASE, `${name}.part`)],
    { env: { ...process.env, SOURCE_DATE_EPOCH: String(time) }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  renameSync(join(RELEASE, `${name}.part`), join(RELEASE, name));
  process.stdout.write(`${join('release', name)}\n`);
} finally {
  rmSync(work, { recursive: true });
}
