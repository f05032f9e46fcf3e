// The tools that ours are compared with: how each one is called.

import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from './measure.ts';
import { measure, versionOf } from './measure.ts';
import type { Build, Place, Tool } from './tools.ts';
import { everyBackup, outOf, someFile } from './tools.ts';

const tar: Tool = {
  id: 'tar',
  title: 'tar | zstd -T0 -3',
  comparedWith: 'snapshot',
  version: () => {
    const versions = [versionOf('tar', '--version'), versionOf('zstd', '--version')];
    return versions.includes(undefined) ? undefined : versions.join(', zstd ');
  },
  commands: {
    first: (place) => ({
      stages: [
        ['tar', '-c', '-f', '-', '-C', dirname(place.tree), basename(place.tree)],
        ['zstd', '-q', '-f', '-T0', '-3', '-o', join(place.destination, 'corpus.tar.zst')],
      ],
    }),
    restore: (place) => ({
      stages: [
        ['zstd', '-q', '-dc', join(place.destination, 'corpus.tar.zst')],
        ['tar', '-x', '-C', outOf(place), '-f', '-'],
      ],
    }),
    verify: (place) => ({ stages: [['zstd', '-q', '-t', join(place.destination, 'corpus.tar.zst')]] }),
    file: (place) => ({
      stages: [
        ['zstd', '-q', '-dc', join(place.destination, 'corpus.tar.zst')],
        ['tar', '-x', '-C', outOf(place), '-f', '-', join(basename(place.tree), someFile(place))],
      ],
    }),
  },
};

const copyWithRsync: Build = (place) => ({
  stages: [['rsync', '-a', `${place.tree}/`, `${place.destination}/corpus/`]],
});

const rsync: Tool = {
  id: 'rsync',
  title: 'rsync -a',
  comparedWith: 'snapshot',
  version: () => versionOf('rsync', '--version'),
  commands: { first: copyWithRsync, nothing: copyWithRsync },
};

const zip: Tool = {
  id: 'zip',
  title: 'zip -r -6',
  comparedWith: 'snapshot-zip',
  version: () => versionOf('zip', '-v'),
  commands: {
    // -y stores links as links, as all others do; without it, zip follows them and fails at dead ones.
    first: (place) => ({
      stages: [['zip', '-r', '-q', '-6', '-y', join(place.destination, 'corpus.zip'), basename(place.tree)]],
      folder: dirname(place.tree),
    }),
  },
};

function restic(place: Place, ...options: readonly string[]): Command {
  return {
    stages: [['restic', '--quiet', '--repo', place.destination, ...options]],
    environment: { RESTIC_PASSWORD: 'benchmark', RESTIC_CACHE_DIR: join(place.state, 'cache') },
  };
}

const resticTool: Tool = {
  id: 'restic',
  title: 'restic',
  comparedWith: 'snapshot',
  version: () => versionOf('restic', 'version'),
  prepare: (place) => {
    measure(restic(place, 'init'), place.state);
  },
  commands: {
    ...everyBackup((place) => restic(place, 'backup', place.tree)),
    restore: (place) => restic(place, 'restore', 'latest', '--target', outOf(place)),
    verify: (place) => restic(place, 'check', '--read-data'),
    file: (place) =>
      restic(
        place,
        'restore',
        'latest',
        '--target',
        outOf(place),
        '--include',
        join(place.tree, someFile(place)),
      ),
  },
};

function borg(place: Place, ...options: readonly string[]): Command {
  const base = join(place.state, 'borg');
  mkdirSync(base, { recursive: true });
  return {
    stages: [['borg', ...options]],
    environment: { BORG_BASE_DIR: base, BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes' },
  };
}

/** Extracts from the newest archive, whose name borg has to be asked for. */
function borgExtract(place: Place, ...paths: readonly string[]): Command {
  const script = 'repo=$1; shift; exec borg extract "$repo::$(borg list --last 1 --short "$repo")" "$@"';
  const { environment } = borg(place);
  const stages: Command['stages'] = [['sh', '-c', script, 'sh', place.destination, ...paths]];
  return { stages, folder: outOf(place), ...(environment === undefined ? {} : { environment }) };
}

const borgTool: Tool = {
  id: 'borg',
  title: 'borg, zstd,3',
  comparedWith: 'snapshot',
  version: () => versionOf('borg', '--version'),
  prepare: (place) => {
    measure(borg(place, 'init', '--encryption', 'none', place.destination), place.state);
  },
  commands: {
    ...everyBackup((place, label) =>
      borg(place, 'create', '--compression', 'zstd,3', `${place.destination}::${label}`, place.tree),
    ),
    restore: (place) => borgExtract(place),
    verify: (place) => borg(place, 'check', '--verify-data', place.destination),
    file: (place) => borgExtract(place, join(place.tree, someFile(place)).replace(/^\//, '')),
  },
};

/** Node by itself: what any program written for it takes before its own first line. */
const node: Tool = {
  id: 'node',
  title: 'node -e 0',
  comparedWith: 'snapshot',
  version: () => process.versions.node,
  commands: { help: () => ({ stages: [[process.execPath, '-e', '0']] }) },
};

export const PEERS: readonly Tool[] = [tar, rsync, zip, resticTool, borgTool, node];
