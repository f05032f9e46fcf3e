import { describe, expect, it } from 'vitest';
import { hostAndPort, parseListen } from './listen-address.ts';

describe('parseListen()', () => {
  it.each([
    ['127.0.0.1:8400', '127.0.0.1', 8400],
    ['[::1]:0', '::1', 0],
    [':8400', '::', 8400],
    ['8400', '127.0.0.1', 8400],
    ['photos.example:65535', 'photos.example', 65_535],
  ])('reads %s', (text, host, port) => {
    expect(parseListen(text)).toEqual({ host, port });
  });

  it.each(['', 'x', '127.0.0.1', ':', '::1:80', 'a:65536', 'a:1b', '[::1]', 'a:b:1'])(
    'refuses `%s`',
    (text) => {
      expect(() => parseListen(text)).toThrow(/it takes HOST:PORT/);
    },
  );

  it('is written as part of an address', () => {
    expect([hostAndPort('::1', 1), hostAndPort('a', 2)]).toEqual(['[::1]:1', 'a:2']);
  });
});
