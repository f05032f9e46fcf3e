import { describe, expect, it } from 'vitest';
import { ownCommand } from './own-command.ts';

describe('ownCommand()', () => {
  it('is Node with the main module, and an executable by itself', () => {
    const [node, main, ...more] = ownCommand();
    expect(node).toBe(process.execPath);
    expect(main).toMatch(/[\\/]cli[\\/]main\.js$/);
    expect(more).toEqual([]);
    expect(ownCommand(true)).toEqual([process.execPath]);
  });
});
