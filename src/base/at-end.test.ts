import { expect, it } from 'vitest';
import { closeAll, closeAtEnd } from './at-end.ts';

it('closes all that was opened, each once', async () => {
  const closed: string[] = [];
  for (const name of ['a', 'b'])
    closeAtEnd({ close: async () => await Promise.resolve(void closed.push(name)) });
  await closeAll();
  await closeAll();
  expect(closed).toEqual(['a', 'b']);
});
