import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What an executable has to say of everything that is in it: each package with its licence in full.
 *
 * @param known - Those of the packages that are in the modules already.
 * @param packages - Folders of further ones.
 * @param node - The file with that of Node.
 */
export function licencesOf(known: string, packages: readonly string[], node: string): string {
  const parts = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly version: string;
      readonly license: string;
    };
    const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice)/i.test(file));
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...texts].join('\n\n');
  });
  if (!existsSync(node)) throw new Error(`The licence of Node is missing: ${node}`);
  const line = `\n\n${'='.repeat(80)}\n\n`;
  return `What snapshot consists of besides its own code.${line}${[known, ...parts, `Node.js\n\n${readFileSync(node, 'utf8').trim()}`].join(line)}\n`;
}
