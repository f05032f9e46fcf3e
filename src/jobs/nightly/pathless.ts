// A quoted path that begins at a root, at the home folder or at a drive.
const QUOTED_PATH = /(["'`])((?:~?\/|[A-Za-z]:[\\/]|\\\\).*?)\1/gs;

/**
 * `message` with the last part only of each path in it: `"/home/anna/letters"` is `"…/letters"`. Messages leave
 * the machine; where its folders are stays.
 */
export function pathless(message: string): string {
  return message.replace(QUOTED_PATH, (_, quote: string, path: string) => {
    const last = path.split(/[\\/]+/).findLast((part) => part !== '');
    return `${quote}${last === undefined ? '' : `…/${last}`}${quote}`;
  });
}
