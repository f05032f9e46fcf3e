/** What a file system says that has no hard links, or no more of them for this file: FAT `EPERM`, on Windows `EISDIR`, file servers `ENOTSUP` and its like. */
export const NO_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EISDIR',
]);
