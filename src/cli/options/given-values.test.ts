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

  // Every option that takes one value, but for those that may be empty.
  const named =
    'plan log jobs max-rate shard at to overwrite level sample seed config before after notify-on smtp-file cron timezone jitter name with';

  it.each(named.split(' '))('refuses an empty --%s, and one that is given twice', (name) => {
    expect(() => checkGivenValues({ [name]: '' })).toThrow(
      expect.objectContaining({
        code: 'E_USAGE',
        message: `--${name} is empty`,
        hint: expect.stringContaining('not set'),
      }),
    );
    expect(() => checkGivenValues({ [name]: ['a', 'b'] })).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message: `--${name} is given twice` }),
    );
  });

  it.each(['shutdown', 'series'])('refuses --%s given twice', (name) => {
    expect(() => checkGivenValues({ [name]: ['', ''] })).toThrow(`--${name} is given twice`);
  });
});
