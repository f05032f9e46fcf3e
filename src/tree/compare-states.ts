// What a comparison knows of an entry, as bits.

export const SAME = 0;
export const ADDED = 1;
export const TYPE = 2;
export const MODE = 4;
export const TARGET = 8;
/** The content may differ: its hash has to be compared. */
export const CHECK = 16;
/** With `CHECK`: size, times and inode are as they were, so another hash is bit rot. */
export const STILL = 32;
/** The sizes in the listings differ, and with them the content, unless reading shows that it is the same. */
export const SIZE = 64;

/** With any of these: it was a file. */
export const WAS_FILE = 128;

/** Another user or group. */
export const OWNER = 256;
/** Of a folder or link: its extended attributes may differ, and have to be looked at. Those of files come with reading them. */
export const LOOK = 512;

/** Any of these: the content has to be read before it is known. */
export const UNREAD: number = ADDED | TYPE | CHECK;

/** What harms no content, and so is none of what the guard against mass change counts. */
export const HARMLESS: ReadonlySet<string> = new Set(['owner', 'attributes']);
