import { describe, expect, it } from 'vitest';
import { checkGivenValues } from './given-values.ts';

describe('checkGivenValues()', () => {
  it.each([
    {},
    { to: 'folder', only: ['a', 'b'], notify: [] },
    { shutdown: '', series: '' },
    { at: undefined, other: '' },
  ])('takes %j', (options) => {
    expect(checkGivenValues(options)).toBe(true);
  });

  it.each(['plan', 'to', 'before', 'at', 'config', 'sample', 'with'])('refuses an empty --%s', (name) => {
    expect(() => checkGivenValues({ [name]: '' })).toThrow(
      expect.objectContaining({
        code: 'E_USAGE',
        message: `--${name} is empty`,
        hint: expect.stringContaining('not set'),
      }),
    );
  });

  it.each(['plan', 'to', 'shutdown', 'series', 'max-rate'])('refuses --%s given twice', (name) => {
    expect(() => checkGivenValues({ [name]: ['a', 'b'] })).toThrow(`--${name} is given twice`);
  });
});
