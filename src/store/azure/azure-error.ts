// What Azure refuses, as errors with what to do. Codes: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
import { printable, SnapshotError } from '../../base/errors.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { isAwayStatus, refusedForNow } from '../http/http-error.ts';
import { textOf } from '../http/xml.ts';

const MOST_SHOWN = 300;

/** Damaged on its way, or not to be had at this moment. */
const AWAY: ReadonlySet<string> = new Set([
  'AccountBeingCreated',
  'ContainerBeingDeleted',
  'InternalError',
  'InvalidBlockList',
  'Md5Mismatch',
  'OperationTimedOut',
  'ServerBusy',
]);

const ALLOWED = 'The key or token has to be allowed here: to read, write, delete and list.';
const HINTS: Readonly<Record<string, string>> = {
  AuthenticationFailed:
    'Check AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, whether the token has ended, and the clock of this machine.',
  BlobArchived: 'The object is in the archive tier: have it brought back first.',
  BlobImmutableDueToPolicy: 'A policy of the container keeps it from being changed or removed.',
  ContainerNotFound: 'Make the container first, or check its name and the account.',
};

/** The code that a refusal has; empty when it has none. */
export function azureCode({ headers, body }: HttpAnswer): string {
  const code = headers['x-ms-error-code'];
  return typeof code === 'string' ? code : (textOf(body.toString('utf8'), 'Code') ?? '');
}

/** @param what - What could not be done, and to what: `Cannot read "azure://..."`. */
export function azureError(what: string, answer: HttpAnswer): SnapshotError {
  const { status, headers } = answer;
  const code = azureCode(answer);
  // Below it stand an id and a time.
  const [said = ''] = (textOf(answer.body.toString('utf8'), 'Message') ?? '').split('\n');
  const words = printable(said).slice(0, MOST_SHOWN);
  const message = `${what}: ${code === '' ? `the server answers with status ${status}` : `${words || 'refused'} (${printable(code)})`}`;
  if (AWAY.has(code) || isAwayStatus(status)) return refusedForNow(message, headers);
  if (status === 507)
    return new SnapshotError('E_SPACE', message, { hint: 'Make room, or have the quota raised.' });
  if (status === 401 || status === 403) {
    return new SnapshotError('E_AUTH', message, { hint: HINTS[code] ?? ALLOWED });
  }
  const hint = HINTS[code] ?? (code === '' ? 'Check the endpoint: this is no answer of Azure.' : undefined);
  return new SnapshotError('E_STORE', message, hint === undefined ? {} : { hint });
}
