// What servers of S3 refuse, as errors with what to do. Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
import { printable, SnapshotError } from '../../base/errors.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { isAwayStatus, refusedForNow } from '../http/http-error.ts';
import { textOf } from '../http/xml.ts';

const MOST_SHOWN = 300;

/** Damaged on its way, or not to be had at this moment. */
const AWAY: ReadonlySet<string> = new Set([
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'NoSuchUpload',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'TooManyRequests',
  'XAmzContentSHA256Mismatch',
]);

const KEYS = 'AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials';
const AUTH: Readonly<Record<string, string>> = {
  AccessDenied:
    'The key has to be allowed here: s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload.',
  AllAccessDisabled: 'Ask who owns the bucket.',
  AccountProblem: 'See to your account at the provider.',
  ExpiredToken: 'The session has ended: sign in anew.',
  InvalidAccessKeyId: `The server does not know this access key: check AWS_ACCESS_KEY_ID and ${KEYS}, and the endpoint.`,
  InvalidToken: 'Check AWS_SESSION_TOKEN: it has to belong to the key.',
  NotSignedUp: 'See to your account at the provider.',
  RequestTimeTooSkewed: 'The clock of this machine is wrong: set it.',
  SignatureDoesNotMatch: `The secret does not belong to the access key: check ${KEYS}.`,
  TokenRefreshRequired: 'The session has ended: sign in anew.',
};

const HINTS: Readonly<Record<string, string>> = {
  InvalidObjectState: 'The object is in an archive class: have the provider restore it first.',
  NoSuchBucket: 'Make the bucket first, or check its name, the endpoint and the region.',
};

const SPACE: ReadonlySet<string> = new Set([
  'InsufficientCapacity',
  'QuotaExceeded',
  'ServiceQuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
  'XMinioStorageFull',
]);

/** The code that a server gives its refusal; empty when it gives none. */
export function s3Code(answer: HttpAnswer): string {
  return textOf(answer.body.toString('utf8'), 'Code') ?? '';
}

/** @param what - What could not be done, and to what: `Cannot read "s3://..."`. */
export function s3Error(what: string, answer: HttpAnswer): SnapshotError {
  const { status, headers } = answer;
  const xml = answer.body.toString('utf8');
  const code = s3Code(answer);
  const said = printable(textOf(xml, 'Message') ?? '').slice(0, MOST_SHOWN);
  const reason = code === '' ? `the server answers with status ${status}` : `${said || 'refused'} (${code})`;
  const message = `${what}: ${reason}`;
  const region = textOf(xml, 'Region') ?? headers['x-amz-bucket-region'];
  if (status === 301 || (code === 'AuthorizationHeaderMalformed' && region !== undefined)) {
    const where =
      typeof region === 'string' ? `add \`region=${printable(region)}\` to the address` : 'check `region`';
    return new SnapshotError('E_STORE', message, { hint: `The bucket is in another region: ${where}.` });
  }
  // Some say it in words only: https://www.backblaze.com/docs/cloud-storage-data-caps
  if (
    status === 507 ||
    SPACE.has(code) ||
    /\b(?:cap|quota)\b.*\bexceed|\bexceed\w*\b.*\b(?:cap|quota)\b/i.test(said)
  ) {
    return new SnapshotError('E_SPACE', message, {
      hint: 'Make room in the bucket, or have its quota raised.',
    });
  }
  const auth = AUTH[code];
  if (auth !== undefined) return new SnapshotError('E_AUTH', message, { hint: auth });
  if (AWAY.has(code) || isAwayStatus(status)) return refusedForNow(message, headers);
  if ((status === 401 || status === 403) && HINTS[code] === undefined) {
    return new SnapshotError('E_AUTH', message, { hint: AUTH['AccessDenied'] ?? '' });
  }
  const hint = HINTS[code] ?? (code === '' ? 'Check the endpoint: this is no answer of S3.' : undefined);
  return new SnapshotError('E_STORE', message, hint === undefined ? {} : { hint });
}
