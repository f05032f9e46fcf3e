import { homeFolder } from '../base/home.ts';
import { thisStateFolder } from '../base/state-folder.ts';

export { thisStateFolder } from '../base/state-folder.ts';

/** Folders on file systems that are always there. */
export function fixedFolders(): readonly string[] {
  const home = homeFolder();
  return [thisStateFolder(), ...(home === undefined ? [] : [home])];
}
