import { describe, expect, it } from 'vitest';
import { s3Error } from './s3-error.ts';

function error(status: number, code: string, more = '', headers = {}): ReturnType<typeof s3Error> {
  const body =
    code === '' ? more : `<Error><Code>${code}</Code><Message>Some &amp; words.</Message>${more}</Error>`;
  return s3Error('Cannot write "s3://b/k"', { status, headers, body: Buffer.from(body) });
}

describe('what S3 refuses', () => {
  it.each<[number, string, string, RegExp | undefined]>([
    [403, 'AccessDenied', 'E_AUTH', /s3:PutObject/],
    [403, 'SignatureDoesNotMatch', 'E_AUTH', /secret/],
    [403, 'InvalidAccessKeyId', 'E_AUTH', /AWS_ACCESS_KEY_ID/],
    [400, 'ExpiredToken', 'E_AUTH', /sign in anew/],
    [403, 'RequestTimeTooSkewed', 'E_AUTH', /clock/],
    [403, 'SomethingNew', 'E_AUTH', /allowed/],
    [401, '', 'E_AUTH', /allowed/],
    [403, 'InvalidObjectState', 'E_STORE', /archive class/],
    [403, 'QuotaExceeded', 'E_SPACE', /room/],
    [507, '', 'E_SPACE', /room/],
    [507, 'XMinioStorageFull', 'E_SPACE', /room/],
    [400, 'RequestTimeout', 'E_AWAY', undefined],
    [400, 'BadDigest', 'E_AWAY', undefined],
    [503, 'SlowDown', 'E_AWAY', undefined],
    [500, '', 'E_AWAY', undefined],
    [502, 'Whatever', 'E_AWAY', undefined],
    [429, '', 'E_AWAY', undefined],
    [409, 'OperationAborted', 'E_AWAY', undefined],
    [404, 'NoSuchBucket', 'E_STORE', /Make the bucket/],
    [404, '', 'E_STORE', /endpoint/],
    [501, 'NotImplemented', 'E_STORE', undefined],
  ])('with %d %s is %s', (status, code, expected, hint) => {
    const { code: got, hint: told, message } = error(status, code);
    expect(got).toBe(expected);
    if (hint === undefined) expect(told).toBeUndefined();
    else expect(told).toMatch(hint);
    expect(message).toBe(
      `Cannot write "s3://b/k": ${code === '' ? `the server answers with status ${status}` : `Some & words. (${code})`}`,
    );
  });

  it('names the region that a bucket is in', () => {
    const hint = 'The bucket is in another region: add `region=eu-west-1` to the address.';
    expect(error(400, 'AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>')).toMatchObject({
      code: 'E_STORE',
      hint,
    });
    expect(error(301, '', '', { 'x-amz-bucket-region': 'eu-west-1' })).toMatchObject({
      code: 'E_STORE',
      hint,
    });
    expect(error(301, 'PermanentRedirect').hint).toContain('check `region`');
  });

  it('says room is gone in words, at some', () => {
    const body =
      '<Error><Code>AccessDenied</Code><Message>Cannot upload files, storage cap exceeded.</Message></Error>';
    expect(s3Error('x', { status: 403, headers: {}, body: Buffer.from(body) }).code).toBe('E_SPACE');
  });

  it('shows nothing that a terminal would obey', () => {
    const body = '<Error><Code>Odd</Code><Message>a&#27;[2Jb</Message></Error>';
    expect(s3Error('x', { status: 400, headers: {}, body: Buffer.from(body) }).message).toBe(
      'x: a\\x1b[2Jb (Odd)',
    );
  });
});
