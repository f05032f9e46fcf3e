import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** What calls this program from anywhere: its executable, or Node and the main module. */
export function ownCommand(isExecutable: boolean = isSea()): readonly string[] {
  if (isExecutable) return [process.execPath];
  return [process.execPath, fileURLToPath(new URL('main.js', import.meta.url))];
}
