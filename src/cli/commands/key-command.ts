import { createInterface } from 'node:readline/promises';
import process from 'node:process';
import { SnapshotError } from '../../base/errors.ts';
import { readSecret } from '../../host/secret-file.ts';
import { checkRecovery, type Keys, newKeys, showKeys } from '../../jobs/key/key.ts';
import { formatLocal } from '../../jobs/moment.ts';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

export interface KeyCommandOptions extends CommonOptions {
  readonly action: 'new' | 'show' | 'check';
  readonly file: string | undefined;
}

/** Makes, shows and checks the keys that snapshots are encrypted with. */
export async function keyCommand(options: KeyCommandOptions, terminal: Terminal): Promise<number> {
  const { action, file, json, quiet } = options;
  if (file !== undefined && action !== 'check')
    throw new SnapshotError('E_USAGE', `\`key ${action}\` takes no file`);
  const now = new Date();
  if (action === 'new') {
    const { secret, ...keys } = await newKeys(now);
    if (json) terminal.out(JSON.stringify({ event: 'key', ...keys, secret }));
    // It is shown once, whatever else is wanted.
    else showNew(keys, secret, terminal);
  } else {
    const keys = action === 'show' ? await showKeys() : await checkRecovery(await typed(file, terminal), now);
    if (json) terminal.out(JSON.stringify({ event: 'key', ...keys }));
    else if (action === 'show') show(keys, terminal);
    else if (!quiet) terminal.out('That is the recovery key. It opens what is encrypted for it.');
  }
  if (json) terminal.out(JSON.stringify({ event: 'end', status: 0 }));
  return 0;
}

function showNew(keys: Keys, secret: string, { out, style }: Terminal): void {
  out(`The key of this machine is in ${keys.identity}.\n`);
  out(
    `The ${style('bold', 'recovery key')} opens everything when this machine is gone. It is kept nowhere: write it down`,
  );
  out('now, or print it, and keep it in another place than the backup.\n');
  out(`  ${style('bold', secret)}\n`);
  out('In the plan, the column `encrypt` names both keys by the file of their public halves:\n');
  out(`  ${keys.recipients}\n`);
  out('Then see that what you have written down is right:\n');
  out('  snapshot key check');
}

function show({ identity, machine, recipients, recovery, checked }: Keys, { out, style }: Terminal): void {
  out(`this machine  ${machine}  ${style('dim', identity)}`);
  if (recovery === undefined) {
    out(`recovery      ${style('yellow', 'none')}  ${style('dim', `in ${recipients}`)}`);
    return;
  }
  const seen =
    checked === undefined
      ? style('yellow', 'never checked: `snapshot key check`')
      : `checked ${formatLocal(new Date(checked))}`;
  out(`recovery      ${recovery}  ${seen}`);
  out(`for \`encrypt\`: ${recipients}`);
}

/** The key that somebody types, or that is in a file. */
async function typed(file: string | undefined, { err }: Terminal): Promise<string> {
  if (file !== undefined) {
    const lines = (await readSecret(file, 'key')).split(/\r?\n/);
    return lines.find((line) => line.trim().toUpperCase().startsWith('AGE-SECRET-KEY-')) ?? '';
  }
  if (process.stdin.isTTY) err('Type the recovery key from your paper (it is shown):');
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}
