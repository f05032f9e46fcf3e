// What Google refuses, as errors with what to do. Reasons: https://developers.google.com/workspace/drive/api/guides/handle-errors
import { printable, SnapshotError } from '../../base/errors.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { isAwayStatus, refusedForNow } from '../http/http-error.ts';

const MOST_SHOWN = 300;

const AWAY: ReadonlySet<string> = new Set([
  'backendError',
  'internalError',
  'quotaExceeded',
  'rateLimitExceeded',
  'sharingRateLimitExceeded',
  'transientError',
  'userRateLimitExceeded',
]);
const SPACE: Readonly<Record<string, string>> = {
  storageQuotaExceeded: 'Make room in the account: mail, photos and the trash of Drive count too.',
  activeItemCreationLimitExceeded: 'The account has as many files as Google allows: remove some.',
  numChildrenInNonRootLimitExceeded:
    'A folder has as many files as Google allows: use another one for new backups.',
};
const SAME = 'Log in with the client and the account that wrote the backup: `snapshot login gdrive`.';
const HINTS: Readonly<Record<string, string>> = {
  accessNotConfigured: 'Enable the Google Drive API in the project of your client.',
  appNotAuthorizedToFile: SAME,
  authError: SAME,
  dailyLimitExceeded:
    'The project of your client has used up its requests of today; raise its quota, or wait.',
  domainPolicy: 'The administrator of your domain does not allow apps to use Drive.',
  insufficientFilePermissions: SAME,
  insufficientPermissions:
    'The login does not allow to use Drive: `snapshot login gdrive`, and leave the box ticked.',
  SERVICE_DISABLED: 'Enable the Google Drive API in the project of your client.',
};

/** The reason that a refusal has; empty when it has none. */
export function driveReason({ body }: HttpAnswer): string {
  const error = errorOf(body);
  const [first] = Array.isArray(error['errors']) ? (error['errors'] as unknown[]) : [];
  return textIn(first, 'reason') ?? textIn(error, 'status') ?? '';
}

/** @param what - What could not be done, and to what: `Cannot read "gdrive://..."`. */
export function driveError(what: string, answer: HttpAnswer): SnapshotError {
  const { status, headers, body } = answer;
  const reason = driveReason(answer);
  const words = printable(textIn(errorOf(body), 'message') ?? '').slice(0, MOST_SHOWN);
  const message = `${what}: ${reason === '' ? `Google answers with status ${status}` : `${words || 'refused'} (${printable(reason)})`}`;
  const space = SPACE[reason];
  if (space !== undefined) return new SnapshotError('E_SPACE', message, { hint: space });
  if (AWAY.has(reason) || isAwayStatus(status)) return refusedForNow(message, headers);
  const hint = HINTS[reason] ?? (status === 401 || status === 403 ? SAME : undefined);
  if (status === 401 || status === 403) return new SnapshotError('E_AUTH', message, { hint: hint ?? SAME });
  return new SnapshotError('E_STORE', message, hint === undefined ? {} : { hint });
}

function errorOf(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { readonly error?: unknown };
    return typeof error === 'object' && error !== null ? (error as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function textIn(value: unknown, name: string): string | undefined {
  const text: unknown =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
