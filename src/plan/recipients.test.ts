import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newIdentity } from '../format/age/keys.ts';
import { loadPlan } from './plan.ts';
import { PlanError } from './problem.ts';
import { isFile, parseEncrypt, readRecipients } from './recipients.ts';

const [a, b] = [newIdentity(), newIdentity()];
const [one, two] = [a.identity.recipient.text, b.identity.recipient.text];

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-recipients-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'r.txt'), text);
  return join(folder, 'r.txt');
}

describe('parseEncrypt()', () => {
  it.each([
    [one, [one]],
    [`${one} ${two}`, [one, two]],
    [`${one},${two}`, [one, two]],
    [` ${one} | ${two} `, [one, two]],
    ['keys/my recipients.txt', ['keys/my recipients.txt']],
  ])('reads %s', (text, recipients) => {
    expect(parseEncrypt(text)).toEqual(recipients);
    expect(isFile(parseEncrypt(text))).toBe(text.endsWith('.txt'));
  });

  it.each([
    [one.slice(0, -1), 'is no recipient of age'],
    [`${one} somebody`, '`somebody` is no recipient of age'],
    [`${one} ssh-ed25519`, 'is a key of ssh'],
    [a.text, 'a secret key where a recipient is to be'],
    [`${one} ${a.text}`, 'a secret key where a recipient is to be'],
  ])('refuses %s', (text, message) => {
    expect(() => parseEncrypt(text)).toThrow(message);
    expect(() => parseEncrypt(text)).not.toThrow(a.text);
  });

  it('takes nobody for no file', () => {
    expect(isFile([])).toBe(false);
    expect(isFile([one, two])).toBe(false);
  });
});

describe('readRecipients()', () => {
  it('reads a file as age has them', async () => {
    expect(await readRecipients(file(`\ufeff# mine\r\n${one}\r\n\n  # hers\n ${two} \n`))).toEqual([
      one,
      two,
    ]);
  });

  it.each([
    ['# nobody\n', 'names no recipient'],
    [`${one}\n${a.text}\n`, 'a secret key'],
    ['age1nonsense\n', 'is no recipient of age'],
  ])('refuses %j', async (text, message) => {
    await expect(readRecipients(file(text))).rejects.toThrow(message);
  });

  it('says that there is no such file', async () => {
    await expect(readRecipients('/none/r.txt')).rejects.toThrow(
      'cannot read the recipients in `/none/r.txt`',
    );
  });
});

describe('a plan', () => {
  it('is refused where its file of recipients cannot be read: nothing is written that is not encrypted', async () => {
    const plan = file('source,destination,encrypt\n/a,/b,none.txt\n/c/*,/d,none.txt\n');
    const none = join(plan, '..', 'none.txt');
    const error = await loadPlan(plan).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PlanError);
    const message = `cannot read the recipients in \`${none}\`: no such file or folder in column \`encrypt\`: \`snapshot key new\` makes one`;
    expect((error as PlanError).problems).toMatchObject([
      { line: 2, column: 'encrypt', value: 'none.txt', message },
      { line: 3, column: 'encrypt', value: 'none.txt', message },
    ]);
  });
});
