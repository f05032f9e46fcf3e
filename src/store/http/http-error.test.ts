import { describe, expect, it } from 'vitest';
import { isAwayStatus, networkError, retryAfterMs } from './http-error.ts';

describe('a request without an answer', () => {
  it.each([
    ['ECONNREFUSED', 'E_AWAY', 'nobody answers there'],
    ['ENOTFOUND', 'E_AWAY', 'no such host'],
    ['EAI_AGAIN', 'E_AWAY', 'cannot be looked up'],
    ['ETIMEDOUT', 'E_AWAY', 'no answer in time'],
    ['EPIPE', 'E_AWAY', 'the connection was cut'],
    ['CERT_HAS_EXPIRED', 'E_AUTH', 'said'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'E_AUTH', 'said'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'E_AUTH', 'said'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'E_AUTH', 'said'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'E_AUTH', 'said'],
    ['EPROTO', 'E_STORE', 'said'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'E_STORE', 'said'],
    ['HPE_INVALID_CONSTANT', 'E_STORE', 'does not answer in HTTP'],
  ])('for %s is %s', (code, expected, reason) => {
    const error = networkError('Cannot read "x"', 'nas:1', Object.assign(new Error('said'), { code }));
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining(reason) as string });
    expect(error.message).toMatch(/^Cannot read "x": nas:1/);
  });

  it('that was given up stays as it is', () => {
    const abort = new DOMException('This operation was aborted', 'AbortError');
    expect(networkError('x', 'y', abort)).toBe(abort);
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-19T02:00:00Z');
  it.each([
    [undefined, undefined],
    ['5', 5000],
    ['86400', 120_000],
    ['Thu, 19 Nov 2026 02:00:07 GMT', 7000],
    ['Thu, 19 Nov 2026 01:00:00 GMT', 0],
    ['soon', undefined],
  ])('%s means %s ms', (text, ms) => {
    expect(retryAfterMs(text === undefined ? {} : { 'retry-after': text }, now)).toBe(ms);
  });
});

it.each([
  [[408, 429, 500, 502, 503, 504], true],
  // What is refused, not there, not known, or full stays so.
  [[200, 301, 400, 401, 403, 404, 409, 412, 416, 499, 501, 507], false],
])('%j are for another time: %s', (statuses, isAway) => {
  expect(statuses.filter((status) => isAwayStatus(status) !== isAway)).toEqual([]);
});
