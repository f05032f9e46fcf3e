// Comes between the command and its file calls, and counts how often a large file was begun again.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * A module for `node --import`, written into `folder`: the command built as `main` adds to the file `to`, at its end,
 * how often it began again with a file of a folder called `inFolder`.
 */
export function writeCounter(folder: string, main: string, inFolder: string, to: string): string {
  const path = join(folder, 'count-tries.mjs');
  const calls = pathToFileURL(join(main, '../../base/file-calls.js')).href;
  writeFileSync(
    path,
    `import { interpose } from ${JSON.stringify(calls)};
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
let again = 0;
interpose((calls) => ({
  ...calls,
  open: async (...args) => {
    const file = await calls.open(...args);
    if (!String(args[0]).includes(${JSON.stringify(`/${inFolder}/`)})) return file;
    let begun = 0;
    const read = file.read.bind(file);
    file.read = async (into, offset, length, position) => {
      if (position === 0 && ++begun > 1) again++;
      return await read(into, offset, length, position);
    };
    return file;
  },
}));
if (isMainThread) process.on('exit', () => appendFileSync(${JSON.stringify(to)}, again + '\\n'));
`,
  );
  return pathToFileURL(path).href;
}
