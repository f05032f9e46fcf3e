import { isMainThread } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { actionLine } from './action-log.ts';

// A thread cannot change the zone of its process.
it.skipIf(!isMainThread).each([
  ['Asia/Kathmandu', '2026-12-31T18:20:05Z', '[2027-01-01 00:05:05]'],
  ['America/St_Johns', '2027-01-01T03:29:59Z', '[2026-12-31 23:59:59]'],
])('has the time of the clock on the wall: %s', (zone, at, expected) => {
  const before = process.env['TZ'];
  onTestFinished(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
  process.env['TZ'] = zone;
  expect(actionLine(new Date(at), 'FILE CREATED', '/a')).toBe(`${expected} FILE CREATED: /a - SUCCESS\n`);
});

it.each([
  ['STARTUP', undefined, 'BACKUP STARTED'],
  ['SHUTDOWN', undefined, 'BACKUP STOPPED'],
  ['FILE MOVED', undefined, 'SUCCESS'],
  ['FILE DELETED', 'no\nspace', 'FAILED: no\\nspace'],
] as const)('says how it went: %s, failed %s', (action, failed, end) => {
  expect(actionLine(new Date(0), action, 'a\nb', failed).slice(22)).toBe(`${action}: a\\nb - ${end}\n`);
});
