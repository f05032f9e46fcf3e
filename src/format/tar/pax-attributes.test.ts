import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attribute, formatAttributes } from '../../base/attributes.ts';
import { aclText, aclValue } from './acl.ts';
import { attributeOf, attributeRecords } from './pax-attributes.ts';

/** As setfacl makes it of `u:1234:rw,g:100:r` on a file of mode 0644. */
const ACL = Buffer.from(
  '0200000001000600ffffffff02000600d204000004000400ffffffff080004006400000010000600ffffffff20000400ffffffff',
  'hex',
);
const ACL_TEXT = 'user::rw-,user:1234:rw-,group::r--,group:100:r--,mask::rw-,other::r--';

describe('an access list', () => {
  it('is text in an archive, and comes back', () => {
    expect(aclText(ACL)).toBe(ACL_TEXT);
    expect(aclValue(ACL_TEXT)?.equals(ACL)).toBe(true);
  });

  it.each<[string, Buffer]>([
    ['too short', ACL.subarray(0, 3)],
    ['cut', ACL.subarray(0, 13)],
    ['of another version', Buffer.concat([Buffer.from([3]), ACL.subarray(1)])],
    ['with an unknown tag', Buffer.concat([ACL.subarray(0, 4), Buffer.from([0x40]), ACL.subarray(5)])],
  ])('that is %s is none', (_, value) => {
    expect(aclText(value)).toBeUndefined();
  });

  it.each(['', 'user::rwx,', 'user:ada:rwx', 'mask:1:rwx', 'user::7', 'user:9999999999:rwx'])(
    'that says `%s` is none of ours',
    (text) => {
      expect(aclValue(text)).toBeUndefined();
    },
  );
});

describe('attributes in pax headers', () => {
  it('have the keys that GNU tar and bsdtar know', () => {
    const attributes: readonly Attribute[] = [
      ['system.posix_acl_access', ACL],
      ['system.posix_acl_default', Buffer.from('no list')],
      ['user.a=b%c', Buffer.from([0, 255])],
    ];
    expect(attributeRecords(formatAttributes(attributes))).toEqual([
      ['SCHILY.acl.access', ACL_TEXT],
      ['SCHILY.xattr.system.posix_acl_default', 'no list'],
      ['SCHILY.xattr.user.a%3Db%25c', '\0\xff'],
    ]);
  });

  it('come back, whatever they are called and hold', () => {
    const attribute = fc.tuple(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => !name.includes('\0')),
      fc.uint8Array().map((value) => Buffer.from(value)),
    );
    fc.assert(
      fc.property(attribute, ([name, value]) => {
        const [record] = attributeRecords(formatAttributes([[`user.${name}`, value]]));
        expect(attributeOf(...(record ?? ['', '']))).toEqual([`user.${name}`, value]);
      }),
      // What looks as if it were encoded already.
      { examples: ['%', '=', '%3D', '%25', '%253D'].map((name) => [[name, Buffer.from('x')]]) },
    );
  });

  it('are told from other records', () => {
    expect(attributeOf('mtime', '1')).toBeUndefined();
    expect(attributeOf('SCHILY.acl.access', 'user:ada:rwx')).toBeUndefined();
  });
});
