// The `snapshot` command, called as a user calls it.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './measure.ts';
import { versionOf } from './measure.ts';
import type { OwnId, Place, Tool } from './tools.ts';
import { everyBackup, outOf, someFile } from './tools.ts';

export const OWN_TITLES: Readonly<Record<OwnId, string>> = {
  snapshot: 'snapshot',
  'snapshot-zip': 'snapshot, format zip',
};

const planPath = (place: Place): string => join(place.state, 'plan.csv');

function writePlan(place: Place, format: 'tar.zst' | 'zip'): void {
  const row = [place.tree, place.destination, 'corpus', format, '1000'];
  // The peers do not delete old backups when they write one, so rotation has nothing to do here.
  const lines = ['source,destination,name,format,keep', row.map((cell) => `"${cell}"`).join(',')];
  writeFileSync(planPath(place), `${lines.join('\n')}\n`);
}

function ownTool(main: string, id: OwnId, format: 'tar.zst' | 'zip'): Tool {
  const call = (place: Place, ...args: readonly string[]): Command => ({
    stages: [[process.execPath, main, ...args, '--plan', planPath(place), '--quiet', '--no-color']],
    folder: place.state,
  });
  return {
    id,
    title: OWN_TITLES[id],
    version: () => (existsSync(main) ? versionOf(process.execPath, main, '--version') : undefined),
    prepare: (place) => {
      writePlan(place, format);
    },
    commands: {
      ...everyBackup((place) => call(place, 'run')),
      restore: (place) => call(place, 'restore', 'corpus', '--to', outOf(place)),
      verify: (place) => call(place, 'verify', 'corpus', '--level', 'full', '--at', 'latest'),
      file: (place) => call(place, 'restore', 'corpus', someFile(place), '--to', outOf(place)),
    },
  };
}

/** @param main - The built entry file of the command. */
export function snapshotTool(main: string): Tool {
  const tool = ownTool(main, 'snapshot', 'tar.zst');
  // The format has no part in how long it takes to start.
  return {
    ...tool,
    commands: { ...tool.commands, help: () => ({ stages: [[process.execPath, main, '--help']] }) },
  };
}

export function ownTools(main: string): Tool[] {
  return [snapshotTool(main), ownTool(main, 'snapshot-zip', 'zip')];
}
