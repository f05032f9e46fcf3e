import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { Room, type RoomLimits } from './room.ts';

function room(limits: Partial<RoomLimits>): Room {
  return new Room(tmpdir(), { mostFileBytes: 1000, quotaBytes: undefined, minFreeBytes: 0, ...limits });
}

it('shares the quota of an account among all that arrive, and counts what has come of one of them once', async () => {
  const one = room({ quotaBytes: 100 });
  const [first, second] = [one.forOne(() => 20), one.forOne(() => 20)];
  await first.allow(30);
  await first.allow(50);
  await second.allow(30);
  await expect(second.allow(31)).rejects.toMatchObject({ status: 413 });
  await expect(first.allow(51)).rejects.toMatchObject({ status: 413 });
  // Who is done, or gives up, makes room.
  first.release();
  await second.allow(80);
  await expect(second.allow(81)).rejects.toMatchObject({ status: 413 });
});

it('takes a file that is as large as it may be, and none that is larger', async () => {
  const { allow } = room({ mostFileBytes: 10 }).forOne(() => 0);
  await allow(10);
  await expect(allow(11)).rejects.toThrow('10 B');
});

it('leaves free on the disk what is to stay free', async () => {
  await expect(
    room({ minFreeBytes: Number.MAX_SAFE_INTEGER })
      .forOne(() => 0)
      .allow(1),
  ).rejects.toMatchObject({
    status: 507,
  });
});

it('looks at the disk again while a large file arrives', async () => {
  const limits = { mostFileBytes: 2 ** 30, quotaBytes: undefined, minFreeBytes: 0 };
  const { allow } = new Room(tmpdir(), limits).forOne(() => 0);
  await allow(1);
  // As if others had filled it.
  limits.minFreeBytes = Number.MAX_SAFE_INTEGER;
  await allow(16 * 2 ** 20);
  await expect(allow(16 * 2 ** 20 + 1)).rejects.toMatchObject({ status: 507 });
});
