import { BARE, formatAttributes } from '../../base/attributes.ts';
import type { ArchiveFormat } from '../../base/archive-format.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BytePath, fromText, parentOf } from '../../tree/path.ts';
import type { Info } from '../info.ts';
import type { RestorePlan, Step } from './plan-script.ts';
import { DIALECTS } from './dialects.ts';
import { parseRestore } from './read-script.ts';
import { type Meta, restoreText } from './write-script.ts';

const OLDER = '2026-11-18T02-00-00Z';

function archive(number: number, file: string, entries: number): Info['archives'][number] {
  return { number, file, bytes: 1, sha256: '', entries, liveBytes: 1 };
}

function textOf(
  format: ArchiveFormat,
  plan: RestorePlan,
  files: readonly Meta[],
  folders: readonly Meta[],
): string {
  const archives = [
    archive(0, `${OLDER}/it's old.${format}`, 1),
    archive(1, `data-2.${format}`, 1),
    archive(2, `data~tree.${format}`, 0),
  ];
  const count = { files: 1, folders: 0, links: 0 };
  const info = { name: 'data', source: "/it's\nhere", host: 'laptop', count, archives, format };
  return restoreText('2026-11-19T02-00-00Z', info, {
    plan,
    files,
    folders,
    hasAttributes: files.length % 2 === 1,
  });
}

/** Names as file systems have them, with all that a shell would do something about. */
const name = fc
  .array(fc.constantFrom('a', "'", '\n', '\\', '$', '"', '`', ' ', '-', '*', '\xff', '#', 'é'), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => fromText(parts.join('')))
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/') as BytePath);
const step: fc.Arbitrary<Step> = fc.oneof(
  path.map((at): Step => ({ do: 'drop', path: at })),
  path.map((at): Step => ({ do: 'tidy', path: at })),
  fc.tuple(fc.nat(), path).map(([n, at]): Step => ({ do: 'aside', n: n % 1e9, path: at })),
  fc.tuple(fc.nat(), path).map(([n, at]): Step => ({ do: 'place', n: n % 1e9, path: at })),
  fc.tuple(path, path).map(([from, at]): Step => ({ do: 'copy', from, path: at })),
);
const attributes = fc
  .dictionary(
    fc.constantFrom('user.a', "user.it's", 'user.ä', 'user.\n$(x)'),
    fc.uint8Array({ maxLength: 9 }),
  )
  .map(
    (all) => formatAttributes(Object.entries(all).map(([key, value]) => [key, Buffer.from(value)])) || BARE,
  );
const meta: fc.Arbitrary<Meta> = fc.record({
  path,
  attributes: fc.option(attributes, { nil: undefined }),
  // Often the same: those share a line.
  mode: fc.oneof({ weight: 4, arbitrary: fc.constant(0o644) }, fc.nat({ max: 0o7777 })),
  uid: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat({ max: 0xffffffff })),
  gid: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat({ max: 0xffffffff })),
  mtimeNs: fc.oneof(
    fc.bigInt({ min: -(10n ** 18n), max: 10n ** 19n }),
    fc.bigInt({ min: -(2n ** 63n) * 10n ** 9n, max: 2n ** 63n * 10n ** 9n }),
  ),
});

function asMeta({ attributes: wanted, ...one }: Meta): object[] {
  const set = { do: 'meta', ...one };
  return wanted === undefined ? [set] : [set, { do: 'attributes', path: one.path, attributes: wanted }];
}

describe('parseRestore()', () => {
  it.each(['tar.zst', 'zip'] as const)('reads every %s script that is written', (format) => {
    const steps = fc.array(step, { maxLength: 6 });
    fc.assert(
      fc.property(
        steps,
        steps,
        steps,
        fc.array(meta),
        fc.array(meta),
        (before, after, last, files, folders) => {
          const plan = { before: new Map([[1, before]]), after: new Map([[1, after]]), last };
          const read = parseRestore(textOf(format, plan, files, folders), 'RESTORE.txt');
          expect(read).toEqual([
            { do: 'extract', file: `../${OLDER}/it's old.${format}` },
            ...before,
            { do: 'extract', file: `data-2.${format}` },
            ...after,
            ...last,
            ...files.flatMap(asMeta),
            { do: 'extract', file: `data~tree.${format}` },
            ...folders.flatMap(asMeta),
          ]);
        },
      ),
    );
  });

  it('reads the script of an empty tree', () => {
    const plan = { before: new Map(), after: new Map(), last: [] };
    const info = {
      name: 'data',
      source: '/',
      host: '',
      count: { files: 0, folders: 0, links: 0 },
      archives: [],
    };
    const text = restoreText(
      '2026-11-19T02-00-00Z',
      { ...info, format: 'zip' },
      { plan, files: [], folders: [], hasAttributes: false },
    );
    expect(parseRestore(text, 'RESTORE.txt')).toEqual([]);
    expect(() => parseRestore(`${text}drop 'a'\n`, 'RESTORE.txt')).toThrow(/is damaged/);
  });

  it('reads what was written before scripts refused folders and went on', () => {
    const [now, single, endless] = DIALECTS;
    const first = DIALECTS.at(-1);
    if (now === undefined || single === undefined || endless === undefined || first === undefined)
      throw new Error('no dialects');
    const last: readonly Step[] = [{ do: 'drop', path: fromText('a') }];
    const one: Meta = { path: fromText('b'), mode: 0o644, uid: 1, gid: 2, mtimeNs: 3n };
    for (const format of ['tar.zst', 'zip'] as const) {
      const plan = { before: new Map(), after: new Map(), last };
      const text = textOf(format, plan, [one], []);
      const old = text
        .replace(now.preamble, () => first.preamble)
        .replace(now.functions, () => first.functions)
        .replaceAll(now.tar[1], () => first.tar[1])
        .replaceAll(now.zip[1], () => first.zip[1])
        .replace(`${now.last}\n${now.end ?? ''}\n`, () => `${first.last}\n`);
      expect(old).not.toContain('failed');
      expect(parseRestore(old, 'RESTORE.txt')).toEqual(parseRestore(text, 'RESTORE.txt'));
      const before = text.replace(now.functions, () => single.functions);
      expect(before).toContain('touch -d "$3"');
      expect(parseRestore(before, 'RESTORE.txt')).toEqual(parseRestore(text, 'RESTORE.txt'));
      const earlier = before.replace(now.preamble, () => endless.preamble);
      expect(earlier).toContain('"$(pwd -P)" != /');
      expect(parseRestore(earlier, 'RESTORE.txt')).toEqual(parseRestore(text, 'RESTORE.txt'));
      const mixed = text.replace(now.preamble, () => first.preamble);
      expect(() => parseRestore(mixed, 'RESTORE.txt')).toThrow(/is damaged/);
      // What did nothing with a second one.
      const two = textOf(format, plan, [one, { ...one, path: fromText('c') }], []);
      expect(parseRestore(two, 'RESTORE.txt')).toHaveLength(6);
      const ofOne = two.replace(now.functions, () => single.functions);
      expect(() => parseRestore(ofOne, 'RESTORE.txt')).toThrow(/is damaged/);
    }
  });

  it('never takes a line that was put in anywhere', () => {
    const last: readonly Step[] = [
      { do: 'drop', path: fromText('a') },
      { do: 'copy', from: fromText('b'), path: fromText('c/d') },
    ];
    const text = textOf('tar.zst', { before: new Map(), after: new Map(), last }, [], []);
    const lines = text.split('\n');
    const first = lines.indexOf('set -eu');
    for (let at = 0; at <= lines.length; at++) {
      for (const evil of [
        'evil',
        'drop x',
        "drop '../x'",
        "drop 'a' ; evil",
        "drop '/x'",
        'drop "$(evil)"',
      ]) {
        const other = [...lines.slice(0, at), evil, ...lines.slice(at)].join('\n');
        // In the quotes of a name there is nothing that a shell runs; this script has no such name.
        expect(() => parseRestore(other, 'RESTORE.txt'), `${evil} at ${at} (${first})`).toThrow(/is damaged/);
      }
    }
  });

  it.each<[string, string]>([
    ['a word of 30 MB', `drop '${'a'.repeat(3e7)}'\n`],
    ['the same without an end', `copy 'a' 'b' '${'a'.repeat(3e7)}`],
    ['a million words in a line', `drop${" 'a'".repeat(1e6)}\n`],
  ])('refuses %s, in bounded time and memory', (_, line) => {
    const drop: Step = { do: 'drop', path: fromText('a') };
    const text = textOf('tar.zst', { before: new Map(), after: new Map(), last: [drop] }, [], []);
    const long = text.replace("drop 'a'\n", () => line);
    expect(long.length).toBeGreaterThan(3e6);
    expect(() => parseRestore(long, 'RESTORE.txt')).toThrow(/is damaged/);
  });

  it.each<[string, (text: string) => string]>([
    ['a folder that is not that of the path', (text) => text.replace("'c' 'c/d'", "'x' 'c/d'")],
    ['an archive two folders up', (text) => text.replace("'data-2", "'../../data-2")],
    ['a folder as an archive', (text) => text.replace("'data-2.tar.zst'", "'..'")],
    ['a snapshot as an archive', (text) => text.replace("'data-2.tar.zst'", `'../${OLDER}/..'`)],
    ['a path with a dot', (text) => text.replace("drop 'a'", "drop './a'")],
    ['a path with a NUL', (text) => text.replace("drop 'a'", "drop 'a\0'")],
    ['another form of an attribute', (text) => text.replace("'0seA=='", "'x'")],
    ['more than an attribute', (text) => text.replace("'0seA=='", "'0seA==;'")],
    ['an archive of an absolute path', (text) => text.replace("'data-2", "'/data-2")],
    ['a step without what it is short for', (text) => text.replace(/^aside=[^]*?\n}\n(?=tar)/m, '')],
    ['an end that is cut off', (text) => text.slice(0, -1)],
    ['no end', (text) => text.replace(/exit \$failed\n$/, '')],
    ['another option of tar', (text) => text.replace(/^tar --zstd -xpf/m, 'tar --zstd -xPpf')],
  ])('refuses %s', (_, edit) => {
    const last: readonly Step[] = [
      { do: 'drop', path: fromText('a') },
      { do: 'copy', from: fromText('b'), path: fromText('c/d') },
    ];
    const labelled: Meta = {
      path: fromText('a'),
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      attributes: formatAttributes([['user.a', Buffer.from('x')]]),
    };
    const text = textOf('tar.zst', { before: new Map(), after: new Map(), last }, [labelled], []);
    expect(() => parseRestore(text, 'RESTORE.txt')).not.toThrow();
    expect(parentOf(fromText('c/d'))).toBe('c');
    const edited = edit(text);
    expect(edited).not.toBe(text);
    expect(() => parseRestore(edited, 'RESTORE.txt')).toThrow(/is damaged/);
  });
});
