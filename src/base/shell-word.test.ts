import { expect, it } from 'vitest';
import { shellWord } from './shell-word.ts';

it.skipIf(process.platform === 'win32').each([
  ['', "''"],
  ['plain-word_1.csv', 'plain-word_1.csv'],
  ['/a/b:c@d', '/a/b:c@d'],
  ['two words', "'two words'"],
  ["it's", String.raw`'it'\''s'`],
  ['$(rm)', "'$(rm)'"],
  ['~', "'~'"],
])('%j is %s to a shell', (text, word) => {
  expect(shellWord(text)).toBe(word);
});
