// What npm runs before this project is packed, or installed from its folder: it builds. Where what that takes is not there, as
// in a fresh clone of which `npm pack` or `npm install --global .` is the first that is heard, it is fetched before.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';

// What npm was called with (--global, --prefix, --omit) is about where this goes, not about how it is built.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_config_(?:global|prefix|local_prefix|location|omit|include|production|only|dry_run|ignore_scripts)$/i.test(
        name,
      ),
  ),
);

/** @param {string} command */
function npm(command) {
  const { status, error } = spawnSync(`npm ${command}`, { env, shell: true, stdio: ['ignore', 2, 2] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`npm ${command} ended with status ${status}`);
}

if (!existsSync(new URL('node_modules/typescript', import.meta.url)))
  npm('ci --ignore-scripts --no-audit --no-fund');
npm('run build');
