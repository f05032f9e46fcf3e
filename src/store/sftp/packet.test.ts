import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { inFlight } from './in-flight.ts';
import { modeAndTime, onlyMode, PacketReader, string, typeOf, uint32, uint64 } from './packet.ts';

describe('a packet', () => {
  it('gives back what was put into it', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.maxSafeNat(), (text, small, large) => {
        const reader = new PacketReader(
          Buffer.concat([string(text), uint32(small), uint64(large), onlyMode(0o600)]),
        );
        expect([String(reader.string()), reader.uint32(), reader.uint64()]).toEqual([
          Buffer.from(text).toString(),
          small,
          large,
        ]);
        expect(reader.attributes()).toEqual({ sizeBytes: 0, mode: 0o600, modifiedMs: 0 });
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });

  it('has all attributes of the protocol', () => {
    const bytes = Buffer.concat([
      uint32(0x8000_000f),
      uint64(5_000_000_000),
      ...[1000, 1000, 0o100_644, 1, 1_700_000_000, 1].map(uint32),
      string('name@host'),
      string('more'),
      uint32(7),
    ]);
    const reader = new PacketReader(bytes);
    const { mode = 0, ...rest } = reader.attributes();
    expect(typeOf(mode)).toBe('file');
    expect(rest).toEqual({ sizeBytes: 5_000_000_000, modifiedMs: 1_700_000_000_000 });
    expect(reader.uint32()).toBe(7);
  });

  it.each([
    ['is as whole seconds', 1_700_000_000_999, 1_700_000_000_000],
    ['before 1970 is the nearest one that there is', -1500, 0],
    ['after 2106 is the nearest one that there is', 2 ** 33 * 1000, (2 ** 32 - 1) * 1000],
  ])('has a time that %s', (_, given, told) => {
    const { modifiedMs, mode } = new PacketReader(modeAndTime(0o600, given)).attributes();
    expect([modifiedMs, mode]).toEqual([told, 0o600]);
    expect(new PacketReader(modeAndTime(undefined, given)).attributes().mode).toBeUndefined();
  });

  it('that is cut short or means nothing is an error of the store, and none of this program', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const read of ['attributes', 'string', 'uint64'] as const) {
          try {
            new PacketReader(Buffer.from(bytes))[read]();
          } catch (error) {
            expect(error).toBeInstanceOf(SnapshotError);
          }
        }
      }),
    );
  });
});

const nothing = async (): Promise<void> => await Promise.resolve();

describe('inFlight()', () => {
  it('does each piece once, a bounded number at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.integer({ min: 1, max: 40 }), async (end, size) => {
        const seen: number[] = [];
        let [now, most] = [0, 0];
        await inFlight(
          { start: 0, end, size },
          async (offset) => await Promise.resolve(offset),
          async (prepared, offset, length) => {
            expect(prepared).toBe(offset);
            most = Math.max(most, ++now);
            await new Promise(setImmediate);
            for (let i = 0; i < length; i++) seen.push(offset + i);
            now--;
          },
        );
        expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: end }, (_, i) => i));
        expect(most).toBeLessThanOrEqual(32);
      }),
    );
  });

  it('throws what failed first, when nothing is under way any more', async () => {
    let now = 0;
    let begun = 0;
    const work = async (_: void, offset: number): Promise<void> => {
      now++;
      begun++;
      await new Promise(setImmediate);
      now--;
      if (offset >= 2) throw new Error(`piece ${offset}`);
    };
    await expect(inFlight({ start: 0, end: 100, size: 1 }, nothing, work)).rejects.toThrow('piece 2');
    expect(now).toBe(0);
    // What follows would go to a place where it is of no use.
    expect(begun).toBeLessThan(50);
  });
});
