// A destination without hard links, on a machine where every file system has them.

/** What makes it so in the environment of a command: below folders of this name, no link can be made, as on FAT. */
export function withoutLinks(folder: string): Readonly<Record<string, string>> {
  const preload = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { link } = fs.promises;
    fs.promises.link = async (from, to) => {
      if (String(to).split(/[/\\\\]/).includes('${folder}')) throw Object.assign(new Error(), { code: 'EPERM' });
      await link(from, to);
    };
    syncBuiltinESMExports();
  `;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
}
