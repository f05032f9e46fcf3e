// The identities of this machine: what opens its encrypted snapshots.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { givenIdentity } from '../../base/command-line.ts';
import { SnapshotError } from '../../base/errors.ts';
import { type Identity, parseIdentity } from '../../format/age/keys.ts';
import { thisConfigFolder } from '../../host/config-folder.ts';
import { readSecret } from '../../host/secret-file.ts';

/** The file in which the identities of this user are, whether it is there or not. */
export function identityFile(env: NodeJS.ProcessEnv = process.env): string {
  const named = givenIdentity() ?? env['SNAPSHOT_IDENTITY'] ?? '';
  return named === '' ? join(thisConfigFolder(), 'identity.txt') : named;
}

/**
 * The identities in a file as age has them: one to a line, and lines that begin with `#`.
 *
 * @throws {@link SnapshotError} `E_KEY` when there is no such file, or none in it; `E_USAGE` when others may read it.
 */
export async function readIdentities(file: string = identityFile()): Promise<readonly Identity[]> {
  if (!existsSync(file)) {
    throw new SnapshotError('E_KEY', `It is encrypted, and there is no key: "${file}" does not exist`, {
      hint: 'Name the file of the identity that opens it: `--identity FILE`, or SNAPSHOT_IDENTITY.',
    });
  }
  const lines = (await readSecret(file, 'key')).split(/\r?\n/).map((line) => line.trim());
  const identities: Identity[] = [];
  for (const [i, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const identity = parseIdentity(line);
    // What the line says is in no message.
    if (identity === undefined)
      throw new SnapshotError('E_KEY', `Line ${i + 1} of "${file}" is no identity of age`);
    identities.push(identity);
  }
  if (identities.length === 0) throw new SnapshotError('E_KEY', `There is no identity in "${file}"`);
  return identities;
}

/**
 * Refuses to begin what the next run could not go on with: each one reads the last snapshot.
 *
 * @param encrypt - Whom it is encrypted for; nobody: then no key is needed.
 * @throws {@link SnapshotError} `E_KEY` when no identity here is among them, or as {@link readIdentities}.
 */
export async function needOwnKey(encrypt: readonly string[]): Promise<void> {
  if (encrypt.length === 0) return;
  const identities = await readIdentities();
  if (identities.some(({ recipient }) => encrypt.includes(recipient.text))) return;
  throw new SnapshotError(
    'E_KEY',
    `No key in "${identityFile()}" is one of those in the column \`encrypt\``,
    {
      hint: 'Each run reads the last snapshot: name the key of this machine as well; `snapshot key show` says it.',
    },
  );
}
