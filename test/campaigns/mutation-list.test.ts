import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MUTATIONS } from './mutation-list.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('each mutation', () => {
  it('finds in the source, once, what it changes', () => {
    const lost = MUTATIONS.filter(
      ({ file, from }) => readFileSync(`${ROOT}${file}`, 'utf8').split(from).length !== 2,
    );
    expect(lost.map(({ name }) => name)).toEqual([]);
  });
});
