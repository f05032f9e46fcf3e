import { expect, it } from 'vitest';
import { PlainView } from './plain-view.ts';
import { linesOfTerminal } from './terminal.lab.ts';

it('counts down to a shutdown in tens, also when it is quiet', () => {
  const { terminal, lines } = linesOfTerminal();
  const view = new PlainView(terminal, true);
  for (let left = 30; left > 0; left--) view.countdown(left);
  expect(lines.map((line) => /\d+/.exec(line)?.[0])).toEqual(['30', '20', '10']);
});
