// No text of a user (a path, a name, an address) ever reaches a shell: programs get it as arguments, as it is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('..', import.meta.url));

/** The sources, without tests; comments left out. */
const SOURCES: ReadonlyMap<string, string> = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(?:test|lab)\.ts$/.test(file))
    .map((file) => file.replaceAll('\\', '/'))
    .map((file) => [file, withoutComments(readFileSync(join(SRC, file), 'utf8'))]),
);

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

/** Files that start programs. A new one is to be looked at, and then added. */
const STARTERS = [
  'host/age.ts',
  'host/announce.ts',
  'host/hook.ts',
  'host/low-priority.ts',
  'host/notices/desktop.ts',
  'host/open-browser.ts',
  'host/pager.ts',
  'host/power.ts',
  'host/run-script.ts',
  'host/schedulers/scheduler.ts',
  'host/shutdown.ts',
  'host/stay-awake.ts',
  'host/windows-tar.ts',
  'store/rclone/rclone-server.ts',
  'store/sftp/channel.ts',
];

/** Runs command lines that are the user's own words, and nothing else: no name, no path is ever put into them. */
const HOOK = 'host/hook.ts';

/** `execFile` and `spawn` start a program; `exec` and `execSync` hand a text to a shell. */
const ALLOWED: ReadonlySet<string> = new Set(['execFile', 'spawn', 'spawnSync']);

/** What is wrong with how `text` starts programs. */
function faultsOf(text: string): readonly string[] {
  const names = [...text.matchAll(/import \{([^}]*)\} from 'node:child_process'/g)].flatMap(([, list = '']) =>
    list.split(',').map((name) => name.replace(/\btype\b/, '').trim()),
  );
  const others = names.filter(
    (name) => name !== '' && !ALLOWED.has(name) && !name.startsWith('ChildProcess'),
  );
  return [
    ...others.map((name) => `imports ${name}`),
    ...(/\bshell\b\s*[:,}]/.test(text) ? ['has an option `shell`'] : []),
    ...(/\bwindowsVerbatimArguments\b/.test(text) ? ['leaves quoting to the caller'] : []),
  ];
}

describe('programs', () => {
  it('are started by these files only, through static imports', () => {
    const starters = [...SOURCES].filter(([, text]) => /['"](?:node:)?child_process['"]/.test(text));
    expect(starters.map(([file]) => file).toSorted()).toEqual(STARTERS);
    for (const [file, text] of starters)
      expect([file, /import \{[^}]*\} from 'node:child_process';/.test(text)]).toEqual([file, true]);
  });

  it.each(STARTERS.filter((file) => file !== HOOK))('are started without a shell: %s', (file) => {
    expect(faultsOf(SOURCES.get(file) ?? 'missing')).toEqual([]);
  });

  it('that a user gave as a command line are the only ones with a shell', () => {
    const text = SOURCES.get(HOOK) ?? '';
    expect(faultsOf(text)).toEqual(['has an option `shell`']);
    expect(text.match(/spawn\([^,]*, \{\s*shell/g)).toHaveLength(1);
    expect(text).toMatch(/function runHook\(\s*command: string,[\s\S]*spawn\(command, \{\s*shell: true,/);
  });

  it('that a shell would start are found by this test', () => {
    expect(faultsOf("import { exec, spawn } from 'node:child_process';")).toEqual(['imports exec']);
    expect(faultsOf("import { execSync } from 'node:child_process';")).toEqual(['imports execSync']);
    for (const option of ['{ shell: true }', '{ shell }', "{ cwd, shell: '/bin/sh' }"])
      expect(faultsOf(`spawn('ls', [name], ${option})`)).toEqual(['has an option `shell`']);
  });

  it('that a shell runs get the text of users as arguments: the one command is a constant', () => {
    const commands = [...SOURCES.values()].flatMap((text) => text.match(/'-c', [^\n]*/g) ?? []);
    expect(commands.toSorted()).toEqual([
      `'-c', '. "$2"', place, argument, script];`,
      // Of ionice, a class.
      `'-c', '3', '-p', ...threads.map(String)] };`,
      `'-c', KEEP_AWAKE, 'snapshot', ...entry.command];`,
      // Ends rclone with this process.
      `'-c', WATCHED, 'sh', ...command]];`,
    ]);
  });
});

it('no source runs text as code', () => {
  const found = [...SOURCES].filter(([, text]) =>
    /\beval\s*\(|new Function\s*\(|\bnode:vm\b|\beval:\s*true/.test(text),
  );
  // It asks V8 for its collector, with a constant.
  expect(found.map(([file]) => file)).toEqual(['format/zstd/codec.ts']);
  expect(SOURCES.get('format/zstd/codec.ts')).toContain("runInNewContext('gc')");
});
