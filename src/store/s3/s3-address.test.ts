import { describe, expect, it } from 'vitest';
import { bucketUrl, parseS3Address } from './s3-address.ts';

describe('an address of a bucket', () => {
  it.each([
    ['s3://b-1.x', 'eu-west-1', '', 'https://s3.eu-west-1.amazonaws.com/b-1.x/'],
    ['s3://backup/', 'eu-west-1', '', 'https://backup.s3.eu-west-1.amazonaws.com/'],
    ['s3://backup/a//b c/', 'cn-north-1', 'a/b c/', 'https://backup.s3.cn-north-1.amazonaws.com.cn/'],
    ['s3://backup/a?endpoint=s3.example.com', 'x', 'a/', 'https://s3.example.com/backup/'],
    ['s3://backup/a?endpoint=s3.example.com:9000', 'x', 'a/', 'https://s3.example.com:9000/backup/'],
    ['s3://backup/a?endpoint=http://nas:9000/', 'x', 'a/', 'http://nas:9000/backup/'],
    ['s3://backup?endpoint=localhost:9000', 'x', '', 'http://localhost:9000/backup/'],
    ['s3://backup?endpoint=127.0.0.1', 'x', '', 'http://127.0.0.1/backup/'],
    ['s3://backup?endpoint=[::1]:9000', 'x', '', 'http://[::1]:9000/backup/'],
    ['s3://backup?endpoint=https://localhost', 'x', '', 'https://localhost/backup/'],
    // Not this machine, whatever it looks like.
    ['s3://backup?endpoint=127.0.0.1.example.com', 'x', '', 'https://127.0.0.1.example.com/backup/'],
  ])('%s in %s: keys begin with "%s" below %s', (address, region, prefix, url) => {
    const parsed = parseS3Address(address);
    expect([parsed.prefix, bucketUrl(parsed, region).href]).toEqual([prefix, url]);
  });

  it('has options', () => {
    expect(parseS3Address('s3://backup/a?region=r&profile=p&class=standard_ia')).toEqual({
      bucket: 'backup',
      prefix: 'a/',
      endpoint: undefined,
      region: 'r',
      profile: 'p',
      storageClass: 'STANDARD_IA',
    });
  });

  it.each([
    ['s3://user@backup/a', 'no name of a bucket'],
    ['s3://b', 'no name of a bucket'],
    ['s3://backup/../a', 'dot'],
    ['s3://backup/a?secret=hidden', 'unknown option `secret`'],
    ['s3://backup/a?AKIAhidden', 'unknown option `...`'],
    ['s3://backup/a?region=', '`region` has no value'],
    ['s3://backup/a?class=DEEP_ARCHIVE', 'no class that can be used'],
    ['s3://backup/a?endpoint=ftp://nas', 'no endpoint'],
    ['s3://backup/a?endpoint=nas/documents', 'no endpoint'],
    ['s3://backup/a?endpoint=https://me:hidden@nas', 'no endpoint'],
  ])('%s is refused: %s', (address, reason) => {
    let error: unknown;
    try {
      parseS3Address(address);
    } catch (cause) {
      error = cause;
    }
    expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringContaining(reason) as string });
    expect(String(error)).not.toContain('hidden');
  });
});
