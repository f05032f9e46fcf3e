import { describe, expect, it } from 'vitest';
import { isAllowedHost, isLoopback } from './hosts.ts';

const NAMES = new Set(['photos.example']);

describe('isAllowedHost()', () => {
  it.each([
    'localhost',
    'LOCALHOST:8400',
    '127.0.0.1:8400',
    '192.168.1.5',
    '[::1]:80',
    '[2001:db8::1]',
    'Photos.Example:1',
  ])('allows %s', (host) => expect(isAllowedHost(host, NAMES)).toBe(true));

  it.each([
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'photos.example.evil.example',
    'evil.example#localhost',
    'user@localhost',
    'localhost:80:80',
    'localhost:',
    '[evil.example]',
    '::1',
    '0x7f.1',
  ])('refuses %s', (host) => expect(isAllowedHost(host, NAMES)).toBe(false));
});

describe('isLoopback()', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1'])('%s is', (host) =>
    expect(isLoopback(host)).toBe(true),
  );
  it.each(['0.0.0.0', '::', '192.168.1.5', '127.evil.example', 'localhost.evil.example', ''])(
    '%s is not',
    (host) => expect(isLoopback(host)).toBe(false),
  );
});
