import { expect, it } from 'vitest';
import { formatTable } from './table.ts';
import { linesOfTerminal } from './terminal.lab.ts';

it('leaves out a column that is empty in every row, and none that is empty in some', () => {
  const columns = ['name', 'sometimes', 'never'].map((title) => ({ title }));
  const rows = [
    ['a', 'x', ''],
    ['b', '', ''],
  ];
  const plain = { ...linesOfTerminal().terminal, style: (_: string, text: string): string => text };
  const [head = ''] = formatTable(columns, rows, plain).split('\n');
  expect(head.split(/ +/)).toEqual(['name', 'sometimes']);
});
