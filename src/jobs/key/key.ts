// The keys of this user: one for this machine, and one to get everything back when the machine is gone.
import { existsSync } from 'node:fs';
import { chmod, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { ensureFolder } from '../../base/ensure-folder.ts';
import { newIdentity, parseIdentity, parseRecipient } from '../../format/age/keys.ts';
import { thisConfigFolder } from '../../host/config-folder.ts';
import { identityFile, readIdentities } from '../../series/crypt/identities.ts';

/** Whom rows are to be encrypted for: a file for the column `encrypt`. */
const RECIPIENTS_FILE = 'recipients.txt';
const CHECKED_FILE = 'recovery-checked.txt';
const RECOVERY_LINE = '# recovery key, kept on paper';

/** What there is of keys. */
export interface Keys {
  /** The file of the machine's own, and its public half. */
  readonly identity: string;
  readonly machine: string;
  /** The file of the two public halves. */
  readonly recipients: string;
  /** Undefined when it is not of this program's making. */
  readonly recovery: string | undefined;
  /** When the recovery key was last seen, ISO 8601. */
  readonly checked: string | undefined;
}

/**
 * Makes a key for this machine, and one for recovery.
 *
 * @returns The second one's secret half, which is kept nowhere.
 * @throws {@link SnapshotError} `E_USAGE` when there is a key already; `E_HOST` when one cannot be kept.
 */
export async function newKeys(now: Date): Promise<Keys & { readonly secret: string }> {
  const [file, recipients] = [identityFile(), recipientsFile()];
  // Both or none: the recovery key is shown once.
  for (const one of [file, recipients]) if (existsSync(one)) throw keyExists(one);
  const [machine, recovery] = [newIdentity(), newIdentity()];
  const own = machine.identity.recipient.text;
  const rescue = recovery.identity.recipient.text;
  const when = now.toISOString();
  await writeNew(file, `# key of this machine, made ${when}\n# public key: ${own}\n${machine.text}\n`);
  try {
    await writeNew(recipients, `# key of this machine, made ${when}\n${own}\n${RECOVERY_LINE}\n${rescue}\n`);
  } catch (error) {
    // Nobody has seen the recovery key, and nothing is encrypted for this one yet.
    await rm(file, { force: true });
    throw error;
  }
  return { ...keysOf(file, own, rescue), secret: recovery.text };
}

/** What there is. @throws {@link SnapshotError} `E_KEY` when there is none. */
export async function showKeys(): Promise<Keys> {
  const file = identityFile();
  const [own] = await readIdentities(file);
  const rescue = await recoveryRecipient();
  const checked = rescue === undefined ? undefined : await checkedAt(rescue);
  return { ...keysOf(file, own?.recipient.text ?? '', rescue), checked };
}

/**
 * Sees that `text` is the recovery key, and notes that.
 *
 * @throws {@link SnapshotError} `E_KEY` when it is another one, or none.
 */
export async function checkRecovery(text: string, now: Date): Promise<Keys> {
  const keys = await showKeys();
  const typed = parseIdentity(text.replaceAll(/\s/g, '').toUpperCase());
  if (typed === undefined) {
    throw new SnapshotError('E_KEY', 'That is no key: a letter of it is wrong, or missing', {
      hint: 'It begins with AGE-SECRET-KEY-1, and has 74 letters, digits and dashes.',
    });
  }
  if (keys.recovery === undefined) {
    throw new SnapshotError('E_KEY', `"${keys.recipients}" names no recovery key`, {
      hint: '`snapshot key new` makes one together with the key of a machine.',
    });
  }
  if (typed.recipient.text !== keys.recovery) {
    const other = typed.recipient.text === keys.machine ? 'the key of this machine' : 'a key';
    throw new SnapshotError('E_KEY', `That is ${other}, and not the recovery key`, {
      hint: `The public half of that is ${keys.recovery}.`,
    });
  }
  const checked = now.toISOString();
  await write(join(thisConfigFolder(), CHECKED_FILE), `${keys.recovery} ${checked}\n`, 'w');
  return { ...keys, checked };
}

/** Whether anybody has still to see that the recovery key was written down: one of `encrypt` is it, and was never checked. */
export async function isRecoveryUnchecked(encrypt: readonly string[]): Promise<boolean> {
  const rescue = await recoveryRecipient();
  return rescue !== undefined && encrypt.includes(rescue) && (await checkedAt(rescue)) === undefined;
}

function recipientsFile(): string {
  return join(thisConfigFolder(), RECIPIENTS_FILE);
}

function keysOf(identity: string, machine: string, recovery: string | undefined): Keys {
  return { identity, machine, recipients: recipientsFile(), recovery, checked: undefined };
}

async function recoveryRecipient(): Promise<string | undefined> {
  const lines = ((await readIfThere(recipientsFile())) ?? '').split(/\r?\n/);
  const text = lines[lines.indexOf(RECOVERY_LINE) + 1]?.trim() ?? '';
  return lines.includes(RECOVERY_LINE) ? parseRecipient(text)?.text : undefined;
}

async function checkedAt(recipient: string): Promise<string | undefined> {
  const [of, when] = ((await readIfThere(join(thisConfigFolder(), CHECKED_FILE))) ?? '').trim().split(' ');
  return of === recipient ? when : undefined;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new SnapshotError('E_HOST', `Cannot read "${file}": ${reasonOf(error)}`, { cause: error });
  }
}

/** Nothing is ever written over a key: what it opens could not be read any more. */
async function writeNew(file: string, text: string): Promise<void> {
  await write(file, text, 'wx');
}

async function write(file: string, text: string, flag: 'w' | 'wx'): Promise<void> {
  try {
    await ensureFolder(dirname(file), 0o700);
    const handle = await open(file, flag, 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } catch (error) {
      if (flag === 'wx') await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    await chmod(file, 0o600);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw keyExists(file);
    throw new SnapshotError('E_HOST', `Cannot write "${file}": ${reasonOf(error)}`, { cause: error });
  }
}

function keyExists(file: string): SnapshotError {
  return new SnapshotError('E_USAGE', `There is a key already: "${file}"`, {
    hint: '`snapshot key show` shows its public half. What it has encrypted only it opens: move it away, do not delete it.',
  });
}
