// What lets this machine in to a library that is served.
import { readFile } from 'node:fs/promises';
import { reasonOf, SnapshotError } from '../../base/errors.ts';
import { readSecret } from '../../host/secret-file.ts';

/**
 * The token in `file`, else that of the environment.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is none.
 */
export async function serverToken(file: string | undefined): Promise<string> {
  const token =
    file === undefined ? (process.env['SNAPSHOT_TOKEN'] ?? '').trim() : await readSecret(file, 'token');
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const message = token === '' ? 'This takes a token of the server' : 'What was given as a token is none';
  throw new SnapshotError('E_USAGE', message, {
    hint: 'Put it into SNAPSHOT_TOKEN, or into a file for --token-file; `snapshot serve user add` prints one.',
  });
}

/** The certificate in `file`. @throws {@link SnapshotError} `E_USAGE` when it cannot be read. */
export async function certificateIn(file: string): Promise<Buffer> {
  return await readFile(file).catch((cause: unknown) => {
    throw new SnapshotError('E_USAGE', `Cannot read the certificate "${file}": ${reasonOf(cause)}`, {
      cause,
    });
  });
}
