// What an executable carries of the program: the modules of dist/bin, and what those load from where it lies.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * @param root - Of the project, with a fresh `dist/`.
 * @returns The text of each module by its name: those that are loaded by `require` from a string are `packages/NAME.cjs`.
 */
export async function bundle(root: string): Promise<ReadonlyMap<string, string>> {
  const bin = join(root, 'dist/bin');
  const names = readdirSync(bin).filter((name) => name.endsWith('.js'));
  const modules = new Map(names.map((name) => [name, readFileSync(join(bin, name), 'utf8')]));
  // Called for by `require` where a tree has patterns.
  return modules.set('packages/ignore.cjs', await ignoreModule(root));
}

async function ignoreModule(root: string): Promise<string> {
  const build = await rolldown({
    input: join(root, 'node_modules/ignore/index.js'),
    cwd: root,
    platform: 'node',
  });
  const { output } = await build.generate({ format: 'cjs' });
  await build.close();
  return output[0].code;
}
