// Paths as terminals write them when files are dragged into them: in quotes, or with backslashes before blanks, several in a line.

/** @param platform - On Windows a backslash is a separator. */
export function droppedPaths(line: string, platform: NodeJS.Platform = process.platform): readonly string[] {
  const paths: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? '';
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word = (word ?? '') + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= '';
    } else if (char === '\\' && platform !== 'win32' && i + 1 < line.length) {
      word = (word ?? '') + (line[++i] ?? '');
    } else if (/\s/.test(char)) {
      if (word !== undefined) paths.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) paths.push(word);
  return paths.filter((path) => path !== '').map(fromUrl);
}

/** Some terminals write addresses. */
function fromUrl(path: string): string {
  return path.startsWith('file://') ? decodeURIComponent(new URL(path).pathname) : path;
}
