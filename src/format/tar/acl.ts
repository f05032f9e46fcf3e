// Access lists: as the kernel has them (linux/posix_acl_xattr.h: version 2, then tag, permissions and number of each entry), and
// as GNU tar and bsdtar write them into pax headers. Users and groups go by their numbers.

const VERSION = 2;
const HEAD_BYTES = 4;
const ENTRY_BYTES = 8;
const NO_ID = 0xffffffff;

/** `ACL_USER_OBJ` and so on; those of named users and groups have a number. */
const TAGS: readonly (readonly [tag: number, word: string, isNamed: boolean])[] = [
  [0x01, 'user', false],
  [0x02, 'user', true],
  [0x04, 'group', false],
  [0x08, 'group', true],
  [0x10, 'mask', false],
  [0x20, 'other', false],
];

/** `user::rw-,user:1234:r--,...`; undefined for what is no list of this version. */
export function aclText(value: Buffer): string | undefined {
  if (value.length < HEAD_BYTES || (value.length - HEAD_BYTES) % ENTRY_BYTES !== 0) return undefined;
  if (value.readUInt32LE(0) !== VERSION) return undefined;
  const entries: string[] = [];
  for (let at = HEAD_BYTES; at < value.length; at += ENTRY_BYTES) {
    const [tag, bits, id] = [value.readUInt16LE(at), value.readUInt16LE(at + 2), value.readUInt32LE(at + 4)];
    const known = TAGS.find(([one]) => one === tag);
    if (known === undefined) return undefined;
    const rights = ['r', 'w', 'x'].map((letter, i) => (bits & (4 >> i) ? letter : '-')).join('');
    entries.push(`${known[1]}:${known[2] ? id : ''}:${rights}`);
  }
  return entries.join(',');
}

/** What {@link aclText} made of it; undefined for what it does not write. */
export function aclValue(text: string): Buffer | undefined {
  const entries = text
    .split(',')
    .map((entry) => /^(user|group|mask|other):(\d{0,10}):([r-])([w-])([x-])$/.exec(entry));
  const value = Buffer.alloc(HEAD_BYTES + entries.length * ENTRY_BYTES);
  value.writeUInt32LE(VERSION, 0);
  for (const [n, match] of entries.entries()) {
    const [, word, id = '', ...rights] = match ?? [];
    const known = TAGS.find(([, one, isNamed]) => one === word && isNamed === (id !== ''));
    if (known === undefined || Number(id) > NO_ID) return undefined;
    const at = HEAD_BYTES + n * ENTRY_BYTES;
    const bits = rights.reduce((sum, right, i) => sum | (right === '-' ? 0 : 4 >> i), 0);
    value.writeUInt16LE(known[0], at);
    value.writeUInt16LE(bits, at + 2);
    value.writeUInt32LE(id === '' ? NO_ID : Number(id), at + 4);
  }
  return value;
}
