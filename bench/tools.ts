// The tools that are measured: how each one is called.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CaseId } from './cases.ts';
import type { Command } from './measure.ts';
import { measure, versionOf } from './measure.ts';

/** Where a tool finds and leaves its things. All folders exist and all but `tree` begin empty. */
export interface Place {
  readonly tree: string;
  readonly destination: string;
  /** For caches, plans and the like: what is not part of the backup. */
  readonly state: string;
}

/** @param label - Different for each call, for tools that want a name per backup. */
type Build = (place: Place, label: string) => Command;

export interface Tool {
  readonly id: string;
  readonly title: string;
  /** Our own tools have none; a peer is compared with this one of them. */
  readonly comparedWith?: string;
  readonly version: () => string | undefined;
  /** Makes ready an empty destination, outside the timing. */
  readonly prepare?: (place: Place) => void;
  /** The cases it takes part in. `first` also brings a destination up to date before the others. */
  readonly commands: Readonly<Partial<Record<CaseId, Build>>> & { readonly first: Build };
}

const everyCase = (build: Build): Record<CaseId, Build> => ({
  first: build,
  nothing: build,
  changed: build,
  big: build,
});

const planPath = (place: Place): string => join(place.state, 'plan.csv');

/**
 * The `snapshot` command, called as a user calls it.
 *
 * @param main - Its built entry file.
 */
function snapshotTool(main: string, format: 'tar.zst' | 'zip'): Tool {
  return {
    id: format === 'zip' ? 'snapshot-zip' : 'snapshot',
    title: format === 'zip' ? 'snapshot, format zip' : 'snapshot',
    version: () => (existsSync(main) ? versionOf(process.execPath, main, '--version') : undefined),
    prepare: (place) => {
      const row = [place.tree, place.destination, 'corpus', format, '1000'];
      // The peers do not delete old backups when they write one, so rotation has nothing to do here.
      const lines = ['source,destination,name,format,keep', row.map((cell) => `"${cell}"`).join(',')];
      writeFileSync(planPath(place), `${lines.join('\n')}\n`);
    },
    commands: everyCase((place) => ({
      stages: [[process.execPath, main, 'run', '--plan', planPath(place), '--quiet', '--no-color']],
      folder: place.state,
    })),
  };
}

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
  commands: everyCase((place) => restic(place, 'backup', place.tree)),
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
  commands: everyCase((place, label) =>
    borg(place, 'create', '--compression', 'zstd,3', `${place.destination}::${label}`, place.tree),
  ),
};

export const PEERS: readonly Tool[] = [tar, rsync, zip, resticTool, borgTool];

export function ownTools(main: string): Tool[] {
  return [snapshotTool(main, 'tar.zst'), snapshotTool(main, 'zip')];
}
