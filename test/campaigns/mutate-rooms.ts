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
    ['snapshot/{index-line,entry-lines,fields,lines}.ts'],
    ['snapshot/{index-line,entry-lines,fields,lines}.test.ts'],
  ),
  room('cursor', ['snapshot/{index-cursor,holdings}.ts'], ['snapshot/index-cursor.test.ts']),
  room(
    'compare',
    ['tree/{compare,tree-hash,entry-table,hardlinks,path}.ts'],
    ['tree/{compare,tree-hash,entry-table,hardlinks,path}.test.ts'],
  ),
  room('scan', ['tree/{scan,scanner}.ts'], ['tree/{scan,scanner}.test.ts']),
  room('plan', ['plan/*.ts'], ['plan/*.test.ts']),
  room('config', ['cli/{config-file,given-values}.ts'], ['cli/{config-file,given-values}.test.ts']),
  room('due', ['jobs/schedule/*.ts', 'plan/every.ts'], ['jobs/schedule/*.test.ts', 'plan/every.test.ts']),
  room('schedulers', ['host/schedulers/*.ts'], ['host/schedulers/*.test.ts']),
  room('shutdown', ['host/{shutdown,countdown}.ts'], ['host/{shutdown,countdown}.test.ts']),
  room(
    'notices',
    ['host/notices/*.ts', 'jobs/run/notice.ts', 'cli/notice-text.ts'],
    ['host/notices/*.test.ts', 'jobs/run/notice.test.ts', 'cli/notice-text.test.ts'],
  ),
  room('status', ['jobs/status/*.ts'], ['jobs/status/*.test.ts']),
  room('unpack', ['unpack/*.ts'], ['unpack/*.test.ts']),
  room('commit', ['snapshot/{commit,sums}.ts'], ['snapshot/{commit,sums}.test.ts']),
  room('rotation', ['snapshot/{rotation,names}.ts'], ['snapshot/{rotation,names}.test.ts']),
  room('guards', ['snapshot/guards.ts'], ['snapshot/guards.test.ts']),
  room('lock', ['snapshot/{lock,lock-file,shared-lock}.ts'], ['snapshot/{lock,shared-lock}.test.ts']),
  room('restore', ['jobs/restore/*.ts'], ['jobs/restore/*.test.ts']),
  room('verify', ['jobs/verify/*.ts'], ['jobs/verify/*.test.ts']),
];
