// The part of Drive's search language that is used.
// https://developers.google.com/workspace/drive/api/guides/search-files
import { type FakeFile, Refused } from './fake-drive-files.ts';

type Test = (file: FakeFile, isTrashed: boolean) => boolean;

/** What `q` finds; anything that is not understood is refused. */
export function queryOf(q: string): Test {
  const words = q.match(/\(|\)|\{|\}|=|'(?:[^'\\]|\\.)*'|[A-Za-z]+/g) ?? [];
  if (words.join('') !== q.replaceAll(/\s+(?=(?:[^']*'[^']*')*[^']*$)/g, '')) throw invalid(q);
  let at = 0;
  const take = (...expected: readonly string[]): void => {
    for (const word of expected) if (words[at++] !== word) throw invalid(q);
  };
  const text = (): string => {
    const word = words[at++] ?? '';
    if (!word.startsWith("'")) throw invalid(q);
    return word.slice(1, -1);
  };
  const term = (): Test => {
    const word = words[at++];
    if (word === '(') {
      const inner = either();
      take(')');
      return inner;
    }
    if (word === 'trashed') {
      take('=');
      const wanted = words[at++];
      if (wanted !== 'true' && wanted !== 'false') throw invalid(q);
      return (_, isTrashed) => isTrashed === (wanted === 'true');
    }
    if (word !== 'appProperties') throw invalid(q);
    take('has', '{', 'key', '=');
    const key = text();
    take('and', 'value', '=');
    const value = text();
    take('}');
    return ({ appProperties }) => appProperties[key] === value;
  };
  const both = (): Test => {
    const tests = [term()];
    for (; words[at] === 'and';) {
      at++;
      tests.push(term());
    }
    return (file, isTrashed) => tests.every((test) => test(file, isTrashed));
  };
  const either = (): Test => {
    const tests = [both()];
    for (; words[at] === 'or';) {
      at++;
      tests.push(both());
    }
    return (file, isTrashed) => tests.some((test) => test(file, isTrashed));
  };
  const test = either();
  if (at !== words.length) throw invalid(q);
  return test;
}

function invalid(q: string): Refused {
  return new Refused(400, 'invalid', `Invalid Value: ${q}`);
}
