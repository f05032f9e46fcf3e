import { describe, expect, it } from 'vitest';
import { readCron } from './cron.ts';

describe('readCron()', () => {
  it.each([
    ['99 2 * * *', '`99` is not possible as minute'],
    ['a 2 * * *', '`a` is not possible as minute'],
    ['0 2 32 * *', '`32` is not possible as day of month'],
  ])('says of %s what is wrong, in words', (text, why) => {
    expect(() => readCron(text)).toThrow(`Cannot read the cron expression "${text}": ${why}`);
  });
});
