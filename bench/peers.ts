// The tools that ours are compared with: how each one is called.

import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from './measure.ts';
import { measure, versionOf } from './measure.ts';
import type { Build, Place, Tool } from './tools.ts';
import { everyBackup } from './tools.ts';

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
        ['zstd', '-q', '-T0', '-3', '-o', join(place.destination, 'corpus.tar.zst')],
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
  commands: everyBackup((place) => restic(place, 'backup', place.tree)),
};

function borg(place: Place, ...options: readonly string[]): Command {
  const base = join(place.state, 'borg');
  mkdirSync(base, { recursive: true });
  return {
    stages: [['borg', ...options]],
    environment: { BORG_BASE_DIR: base, BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes' },
  };
}

const borgTool: Tool = {
  id: 'borg',
  title: 'borg, zstd,3',
  comparedWith: 'snapshot',
  version: () => versionOf('borg', '--version'),
  prepare: (place) => {
    measure(borg(place, 'init', '--encryption', 'none', place.destination), place.state);
  },
  commands: everyBackup((place, label) =>
    borg(place, 'create', '--compression', 'zstd,3', `${place.destination}::${label}`, place.tree),
  ),
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
