import { describe, expect, it } from 'vitest';
import { clientAddress, proxiesOf } from './client-address.ts';

const isProxy = proxiesOf(['127.0.0.1', '10.0.0.0/8', 'fd00::/16']);

describe('clientAddress()', () => {
  it.each([
    ['without a header', '127.0.0.1', undefined, '127.0.0.1'],
    ['of who is no proxy, whatever it says', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
    ['as the proxy says', '127.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['as a proxy says to a socket for both kinds', '::ffff:127.0.0.1', '198.51.100.7', '198.51.100.7'],
    [
      'the last, as the first is what a client has written',
      '127.0.0.1',
      '1.1.1.1, 198.51.100.7',
      '198.51.100.7',
    ],
    ['through two proxies', '127.0.0.1', '1.1.1.1, 198.51.100.7, 10.1.2.3', '198.51.100.7'],
    ['through two proxies, of which one is not named', '127.0.0.1', '198.51.100.7,192.0.2.9', '192.0.2.9'],
    ['where all are proxies', '127.0.0.1', '10.1.2.3', '10.1.2.3'],
    ['of IPv6', 'fd00::1', '2001:db8::5', '2001:db8::5'],
    ['with a port', '127.0.0.1', '198.51.100.7:4711', '198.51.100.7'],
    ['with brackets and a port', '127.0.0.1', '[2001:db8::5]:4711', '2001:db8::5'],
    ['never what is no address', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['never nothing', '127.0.0.1', '', '127.0.0.1'],
  ])('is told %s', (_, remote, header, address) => {
    expect(clientAddress(remote, header, isProxy)).toBe(address);
  });
});

describe('proxiesOf()', () => {
  it('trusts nobody who is not named', () => {
    expect(['127.0.0.1', '::1', ''].filter(proxiesOf([]))).toEqual([]);
    expect(['10.0.0.0', '10.255.255.255', '11.0.0.0', 'fd01::1', '::ffff:10.0.0.1'].filter(isProxy)).toEqual([
      '10.0.0.0',
      '10.255.255.255',
      '::ffff:10.0.0.1',
    ]);
    expect(['fd00::9', 'fd01::9'].filter(isProxy)).toEqual(['fd00::9']);
  });

  it.each(['proxy.example.org', '10.0.0.0/33', 'fd00::/129', '10.0.0', '', '10.0.0.0/'])(
    'refuses `%s`',
    (text) => {
      expect(() => proxiesOf([text])).toThrow(`--trusted-proxy ${text}: it takes an address`);
    },
  );
});
