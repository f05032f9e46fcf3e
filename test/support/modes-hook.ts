// Records what a process makes, and how wide: loaded before the command, in its threads too.
//
// Each line says what was done ("open", "mkdir", "chmod"), with which mode, to what, and how large that was then.

/** A CommonJS text for `node --require`. Lines go to `report`. */
export function modesHook(report: string): string {
  return `
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const { O_CREAT } = fs.constants;
const [openSync, writeSync, fstatSync] = [fs.openSync, fs.writeSync, fs.fstatSync];
const report = openSync(${JSON.stringify(report)}, 'a', 0o600);
function tell(what, mode, path, size = 0) {
  writeSync(report, JSON.stringify({ what, mode, path: String(path), size }) + '\\n');
}
const isCreating = (flags) => (typeof flags === 'string' ? /^[wa]/.test(flags) : ((flags ?? 0) & O_CREAT) !== 0);
const onOpen = (path, flags, mode) => {
  if (isCreating(flags)) tell('open', typeof mode === 'number' ? mode : 0o666, path);
};
const onMkdir = (path, options) => tell('mkdir', (typeof options === 'number' ? options : options?.mode) ?? 0o777, path);
const onWrite = (path, data, options) => {
  if (typeof path !== 'number' && typeof path?.fd !== 'number')
    onOpen(path, options?.flag ?? 'w', typeof options === 'object' ? options?.mode : undefined);
};
const onFchmod = (fd, mode) => {
  const stats = fstatSync(fd);
  if (stats.isFile()) tell('chmod', mode, fs.readlinkSync('/proc/self/fd/' + fd), stats.size);
};
const onCopy = (from, to) => tell('open', 0o666, to);
const seen = {
  open: onOpen, openSync: onOpen, mkdir: onMkdir, mkdirSync: onMkdir, fchmodSync: onFchmod,
  writeFile: onWrite, writeFileSync: onWrite, appendFile: onWrite, appendFileSync: onWrite,
  copyFile: onCopy, copyFileSync: onCopy, cp: onCopy, cpSync: onCopy,
};
for (const calls of [fs, fs.promises]) {
  for (const [name, look] of Object.entries(seen)) {
    const call = calls[name];
    if (call === undefined) continue;
    calls[name] = function (...args) {
      look(...args);
      return call.apply(this, args);
    };
  }
}
syncBuiltinESMExports();
`;
}
