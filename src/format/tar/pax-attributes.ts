// Extended attributes in pax headers, as GNU tar (xheader.c) and bsdtar write and read them: `SCHILY.xattr.NAME` with the value as it
// is, `SCHILY.acl.access` and `.default` with an access list as text.
import { type Attribute, parseAttributes } from '../../base/attributes.ts';
import { aclText, aclValue } from './acl.ts';

const XATTR = 'SCHILY.xattr.';
const ACL = 'SCHILY.acl.';
const ACL_NAME = 'system.posix_acl_';

/** Keys and values of the records, one character per byte. */
export function attributeRecords(attributes: string): readonly (readonly [key: string, value: string])[] {
  return parseAttributes(attributes).map(([name, value]) => {
    const acl = name.startsWith(ACL_NAME) ? aclText(value) : undefined;
    if (acl !== undefined) return [`${ACL}${name.slice(ACL_NAME.length)}`, acl];
    const bytes = Buffer.from(name).toString('latin1');
    // A key ends at the first `=`; GNU tar writes these two so.
    return [XATTR + bytes.replaceAll('%', '%25').replaceAll('=', '%3D'), value.toString('latin1')];
  });
}

/** The attribute that a record holds; undefined for a record of another kind. */
export function attributeOf(key: string, value: string): Attribute | undefined {
  if (key.startsWith(ACL)) {
    const list = aclValue(value);
    return list === undefined ? undefined : [ACL_NAME + key.slice(ACL.length), list];
  }
  if (!key.startsWith(XATTR)) return undefined;
  const name = key.slice(XATTR.length).replaceAll('%3D', '=').replaceAll('%25', '%');
  return [Buffer.from(name, 'latin1').toString('utf8'), Buffer.from(value, 'latin1')];
}
