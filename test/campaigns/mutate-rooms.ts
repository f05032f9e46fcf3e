// Which sources Stryker breaks, and which tests have to notice: `npm run mutate -- ROOM`.

export interface Room {
  readonly name: string;
  /** Sources, as globs below `src/`. Tests are left out by themselves. */
  readonly sources: readonly string[];
  /** Test files, as globs below `src/`: the room's own, and those of who is nearest to it. */
  readonly tests: readonly string[];
}

function room(name: string, sources: readonly string[], tests: readonly string[]): Room {
  return { name, sources, tests };
}

/** Every room where a bug costs data or tells a falsehood. */
export const ROOMS: readonly Room[] = [
  room('exclude', ['tree/{exclude,globs}.ts'], ['tree/{exclude,globs}.test.ts']),
  room(
    'index',
    ['series/index/{index-line,entry-lines,path-lines,fields,lines}.ts'],
    ['series/index/*.test.ts'],
  ),
  room(
    'cursor',
    ['series/index/index-cursor.ts', 'series/holdings.ts'],
    ['series/index/index-cursor.test.ts', 'series/holdings.test.ts'],
  ),
  room(
    'compare',
    ['tree/{compare,tree-hash,entry-table,hardlinks,path}.ts'],
    ['tree/{compare,tree-hash,entry-table,hardlinks,path}.test.ts'],
  ),
  room(
    'scan',
    ['tree/{scan,scanner,walk,seen-entry,markers,left-out,names-in,mounts}.ts'],
    ['tree/{scan,scan-folder,scan-devices,scanner,seen-entry,left-out,mounts}.test.ts'],
  ),
  room('plan', ['plan/*.ts'], ['plan/*.test.ts']),
  room(
    'config',
    ['cli/options/{config-file,given-values}.ts'],
    ['cli/options/{config-file,given-values}.test.ts'],
  ),
  room('due', ['jobs/schedule/*.ts', 'plan/every.ts'], ['jobs/schedule/*.test.ts', 'plan/every.test.ts']),
  room('schedulers', ['host/schedulers/*.ts'], ['host/schedulers/*.test.ts']),
  room('shutdown', ['host/{shutdown,countdown}.ts'], ['host/{shutdown,countdown}.test.ts']),
  room(
    'notices',
    ['host/notices/*.ts', 'jobs/nightly/{notice,notice-text}.ts'],
    ['host/notices/*.test.ts', 'jobs/nightly/{notice,notice-text}.test.ts'],
  ),
  // Without the tests that make snapshots first: each mutant would wait for them.
  room('status', ['jobs/status/*.ts'], ['jobs/status/!(lost-archives).test.ts']),
  room('unpack', ['{unpack,target}/*.ts'], ['{unpack,target}/*.test.ts']),
  room('commit', ['series/{commit,sums}.ts'], ['series/{commit,sums}.test.ts']),
  room(
    'rotation',
    ['series/{rotation,names,clocks,order,zone}.ts'],
    ['series/{rotation,names,clocks,order,zone}.test.ts'],
  ),
  room('guards', ['series/guards.ts'], ['series/guards.test.ts']),
  room('lock', ['series/lock/*.ts'], ['series/lock/*.test.ts']),
  room('restore', ['jobs/restore/*.ts'], ['jobs/restore/*.test.ts']),
  room('verify', ['jobs/{verify,repair,drill}/*.ts'], ['jobs/{verify,repair,drill}/*.test.ts']),
];
