const MAINTAINER = 'The snapshot authors <snapshot@example.org>';

/** What the package says of itself. @param kilobytes - What it takes once it is installed. */
export function control(version: string, kilobytes: number): string {
  return `Package: snapshot
Version: ${version}
Section: utils
Priority: optional
Architecture: amd64
Maintainer: ${MAINTAINER}
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8)
Suggests: openssh-client, rclone, zstd
Description: dated backups of folders, as ordinary archives
 Writes snapshots of folders as plain .tar.zst or .zip files, and only what
 has changed: what was moved, renamed or copied is stored once. Everything can
 be restored without this program, by tar or unzip.
 .
 The program brings its own Node.js.
`;
}

/** @param date - Of the sources. */
export function changelog(version: string, date: Date): string {
  return `snapshot (${version}) unstable; urgency=medium

  * What has changed is told in NEWS.gz.

 -- ${MAINTAINER}  ${date.toUTCString().replace('GMT', '+0000')}
`;
}

/** In the form of "Machine-readable debian/copyright file". @param licence - Of this program, MIT. */
export function copyright(licence: string): string {
  const [, holder = ''] = /^(Copyright .*)$/m.exec(licence) ?? [];
  const terms = licence.slice(licence.indexOf('Permission is')).trim();
  const indented = terms
    .split('\n')
    .map((line) => ` ${line === '' ? '.' : line}`)
    .join('\n');
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: snapshot
Comment: The executable has Node.js and packages in it, each with its own
 licence. LICENCES.txt.gz in this folder has all of them in full.

Files: *
Copyright: ${holder.replace(/^Copyright \(c\) /, '')}
License: Expat

License: Expat
${indented}
`;
}
