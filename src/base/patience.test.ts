import { describe, expect, it } from 'vitest';
import { patiently, patientlySync } from './patience.ts';

function failing(code: string, times: number): { call: () => string; readonly tries: number } {
  const state = {
    tries: 0,
    call: (): string => {
      if (state.tries++ < times) throw Object.assign(new Error(code), { code });
      return 'done';
    },
  };
  return state;
}

/** Both forms, with the waits that they took. */
const FORMS: [string, (call: () => string, platform: NodeJS.Platform, waits: number[]) => Promise<string>][] =
  [
    [
      'patiently()',
      async (call, platform, waits) =>
        // oxlint-disable-next-line typescript/require-await -- what is thrown has to be a rejection
        await patiently(
          async () => call(),
          platform,
          async (ms) => await Promise.resolve(waits.push(ms)),
        ),
    ],
    [
      'patientlySync()',
      // oxlint-disable-next-line typescript/require-await -- as above
      async (call, platform, waits) => patientlySync(call, platform, (ms) => waits.push(ms)),
    ],
  ];

describe.each(FORMS)('%s', (_, form) => {
  it.each(['EPERM', 'EACCES', 'EBUSY'])('waits on Windows while a call fails with %s', async (code) => {
    const waits: number[] = [];
    const { call } = failing(code, 3);
    expect(await form(call, 'win32', waits)).toBe('done');
    expect(waits).toEqual([5, 10, 20]);
  });

  it('gives up after 2 s, with what the system says', async () => {
    const waits: number[] = [];
    await expect(form(failing('EBUSY', 100).call, 'win32', waits)).rejects.toMatchObject({ code: 'EBUSY' });
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(2000);
  });

  it.each<[string, NodeJS.Platform]>([
    ['ENOENT', 'win32'],
    ['EEXIST', 'win32'],
    ['EPERM', 'linux'],
    ['EACCES', 'darwin'],
  ])('does not wait for %s on %s', async (code, platform) => {
    const waits: number[] = [];
    const { call } = failing(code, 1);
    await expect(form(call, platform, waits)).rejects.toMatchObject({ code });
    expect(waits).toEqual([]);
  });

  it('waits no more once ten files in a row were held for good, and again after one that was not', async () => {
    const waits: number[] = [];
    for (let i = 0; i < 10; i++)
      await expect(form(failing('EPERM', 100).call, 'win32', waits)).rejects.toThrow('EPERM');
    const { length } = waits;
    await expect(form(failing('EPERM', 1).call, 'win32', waits)).rejects.toThrow('EPERM');
    expect(waits).toHaveLength(length);
    await form(failing('EPERM', 0).call, 'win32', waits);
    expect(await form(failing('EPERM', 1).call, 'win32', waits)).toBe('done');
  });
});
