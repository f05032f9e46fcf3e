import { describe, expect, it } from 'vitest';
import { addressKind, checkedAddress, placeIn } from './address.ts';

describe('addressKind()', () => {
  it.each([
    ['sftp://nas/backup', 'sftp'],
    ['s3://bucket', 's3'],
    ['webdavs://me@cloud.example/dav', 'webdavs'],
    ['azure://account/container', 'azure'],
    ['gdrive://backup', 'gdrive'],
    ['rclone:remote:path', 'rclone'],
    ['rclone://x', 'rclone'],
    ['https://nas/x', undefined],
    ['nas:backup', undefined],
    ['sftp:backup', undefined],
    ['/home/sftp://x', undefined],
    ['C:/x', undefined],
    ['./s3://bucket', undefined],
  ])('takes %s for %s', (text, kind) => {
    expect(addressKind(text)).toBe(kind);
  });
});

describe('checkedAddress()', () => {
  it.each([
    ['sftp://nas/backup/', 'sftp://nas/backup'],
    ['sftp://me@nas:2222/~/backup', 'sftp://me@nas:2222/~/backup'],
    ['s3://bucket/prefix/?endpoint=host:8080', 's3://bucket/prefix?endpoint=host:8080'],
    ['rclone:remote:path/', 'rclone:remote:path'],
    ['rclone:remote:', 'rclone:remote:'],
  ])('makes %s of it: %s', (text, address) => {
    expect(checkedAddress(text)).toBe(address);
  });

  it.each([
    ['sftp://me:secret@nas/backup', 'ssh-copy-id'],
    ['webdavs://me:secret@cloud/dav', 'SNAPSHOT_WEBDAV_PASSWORD'],
    ['s3://key:secret@bucket', 'AWS_SECRET_ACCESS_KEY'],
  ])('refuses the password in %s, does not repeat it, and says where it belongs', (text, where) => {
    const refuse = (): unknown => checkedAddress(text);
    expect(refuse).toThrow(
      expect.objectContaining({ code: 'E_USAGE', hint: expect.stringContaining(where) }),
    );
    expect(refuse).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
  });

  it.each(['sftp://', 's3:///prefix', 'rclone:x', 'rclone://x'])(
    'refuses %s, which names no place',
    (text) => {
      expect(() => checkedAddress(text)).toThrow(/names no/);
    },
  );
});

describe('placeIn()', () => {
  it.each([
    ['sftp://nas/backup', 'data/x', 'sftp://nas/backup/data/x'],
    ['s3://bucket?endpoint=h:80', 'data', 's3://bucket/data?endpoint=h:80'],
    [
      's3://bucket/a/?region=eu&endpoint=http://h/x',
      'b/c',
      's3://bucket/a/b/c?region=eu&endpoint=http://h/x',
    ],
    ['s3://bucket?endpoint=h', '', 's3://bucket?endpoint=h'],
  ])('of %s, %s', (label, key, place) => {
    expect(placeIn(label, key)).toBe(place);
  });
});
