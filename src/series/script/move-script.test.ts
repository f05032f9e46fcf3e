import { describe, expect, it } from 'vitest';
import { withArchives } from './move-script.ts';
import { restoreText } from './write-script.ts';

const OLD = '2026-01-01T00-00-00Z/data-2026-01-01T00-00-00Z.tar.zst';
const OWN = 'data-2026-01-01T00-00-00Z.tar.zst';

/** RESTORE.txt of a snapshot with an archive called `file`, and a file called `path` that has moved. */
function script(file: string, path = 'letter'): string {
  const archive = { number: 0, file, bytes: 1, sha256: 'a'.repeat(64), entries: 1, liveBytes: 1 };
  const drop = { do: 'drop', path } as const;
  return restoreText(
    '2026-01-02T00-00-00Z',
    {
      name: 'data',
      source: '/data',
      host: 'here',
      count: { files: 1, folders: 0, links: 0 },
      archives: [archive],
      format: 'tar.zst',
    },
    {
      plan: { before: new Map(), after: new Map([[0, [drop as never]]]), last: [] },
      files: [],
      folders: [],
      hasAttributes: false,
    },
  );
}

describe('withArchives()', () => {
  it.each([
    [OLD, OWN],
    [OWN, OLD],
  ])('says what would have been written for where they lie: %s', (from, to) => {
    expect(withArchives(script(from), new Map([[from, to]]))).toBe(script(to));
  });

  it('changes no path, whatever it is called', () => {
    for (const path of [OWN, `"$here"/'${OWN}'`, `\n#     tar --zstd -xpf '${OWN}'`, `'"$here"/'${OWN}''`])
      expect(withArchives(script(OWN, path), new Map([[OWN, OLD]]))).toBe(script(OLD, path));
  });

  it('changes two that take each other’s place', () => {
    const moved = new Map([
      [OWN, OLD],
      [OLD, OWN],
    ]);
    expect(withArchives(withArchives(script(OWN), moved), moved)).toBe(script(OWN));
  });
});
