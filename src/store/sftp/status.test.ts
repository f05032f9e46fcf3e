import { expect, it } from 'vitest';
import { STATUS, SftpStatus } from './status.ts';

it.each([
  ['noSpace', 'E_SPACE'],
  ['quota', 'E_SPACE'],
  ['denied', 'E_AUTH'],
  ['writeProtected', 'E_AUTH'],
  ['failure', 'E_STORE'],
  ['unsupported', 'E_STORE'],
] as const)('a server that says %s is told as %s', (status, code) => {
  const error = new SftpStatus(STATUS[status]).toStoreError('write', 'sftp://host/a');
  expect([error.code, error.message.includes('sftp://host/a')]).toEqual([code, true]);
});
