import { describe, expect, it } from 'vitest';
import { Sessions } from './sessions.ts';

describe('Sessions', () => {
  it('take a code once, however it is typed, and only the newest one', () => {
    const sessions = new Sessions();
    expect(sessions.exchange('')).toBeUndefined();
    const old = sessions.issueCode();
    const code = sessions.issueCode();
    expect(sessions.exchange(old)).toBeUndefined();
    const token = sessions.exchange(code.toLowerCase().replaceAll('-', ' '));
    expect(token).toMatch(/^snap_/);
    expect(sessions.exchange(code)).toBeUndefined();
    expect([sessions.isKnown(token ?? ''), sessions.isKnown(''), sessions.isKnown(code)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
