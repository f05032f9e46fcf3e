import { homedir } from 'node:os';
import { stateFolder } from '../host/state-folder.ts';

/** Where this user's log and the announcement of a shutdown are. */
export function thisStateFolder(): string {
  return stateFolder(process.platform, process.env, homedir());
}
