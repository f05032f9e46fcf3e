// Names that mean another machine. Taken for a folder, they would make one called `nas:` beside the plan, and the backup
// would lie on the very disk that it is to survive.

/**
 * What kind of name on another machine `text` is, in words; undefined when it is a path of this one: `nas:backup`, `me@nas:/x`,
 * `s3://bucket`, `sftp:x`, `rclone:remote:x`, `[::1]:x`. A folder of such a name is written `./nas:backup`, or absolute.
 *
 * @param isWindows - There `C:` is a drive and `\\\\nas\\share` a path.
 */
export function remoteKind(text: string, isWindows: boolean): string | undefined {
  if (/^[a-z][\w+.-]+:\/\//i.test(text)) return 'the address';
  if (!isWindows && text.startsWith('\\\\')) return 'the Windows share';
  // A path of this system has no colon in its first part, unless it says so by the `.` or `/` before it.
  const first = isWindows ? /^[^\\/]{2,}?:/ : /^[^/]*:/;
  return first.test(text) ? 'the name on another machine' : undefined;
}

/** What to do with a name that {@link remoteKind} knows. */
export function remoteAdvice(text: string): string {
  const isFolder = /^[\\/]|:\/\//.test(text) ? '' : `; a folder of that very name is written \`./${text}\``;
  const scp = /^([^/\\:]+):(?!\/\/)(.*)$/.exec(text);
  const sftp =
    scp === null
      ? ''
      : `, or write \`sftp://${scp[1]}/${scp[2]?.startsWith('/') === true ? scp[2].slice(1) : `~/${scp[2]}`}\``;
  return `mount it and name the folder where it is${sftp}${isFolder}`;
}
