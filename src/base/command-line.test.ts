import { afterEach, describe, expect, it } from 'vitest';
import { commandLine, givenIdentity, rememberGiven } from './command-line.ts';

/** What shells take: that of Windows knows one kind. */
const QUOTE = process.platform === 'win32' ? '"' : "'";

afterEach(() => {
  rememberGiven(undefined);
});

describe('commandLine()', () => {
  it.each<[string | undefined, string, string]>([
    [undefined, 'check', 'snapshot check'],
    ['my.csv', 'check', 'snapshot check --plan my.csv'],
    ['my plan.csv', 'run --only a', `snapshot run --plan ${QUOTE}my plan.csv${QUOTE} --only a`],
    ['a.csv', 'verify "my data" --repair', 'snapshot verify --plan a.csv "my data" --repair'],
  ])('with the plan %s makes of `%s`: %s', (plan, words, line) => {
    rememberGiven(plan);
    expect(commandLine(words)).toBe(line);
  });

  it('names the file of the key that was given as well, which is remembered', () => {
    rememberGiven(undefined, 'my key');
    expect(commandLine('list data')).toBe(`snapshot list --identity ${QUOTE}my key${QUOTE} data`);
    expect(givenIdentity()).toBe('my key');
    rememberGiven('a.csv', 'key');
    expect(commandLine('list')).toBe('snapshot list --plan a.csv --identity key');
    rememberGiven('a.csv');
    expect([commandLine('list'), givenIdentity()]).toEqual(['snapshot list --plan a.csv', undefined]);
  });
});
