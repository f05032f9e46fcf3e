import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Contents, HashLookup, type Place } from './contents.ts';

interface Item {
  readonly hash: Uint8Array;
  readonly size: number;
  readonly place: Place;
}

/** Few of them, which begin alike: what is looked up shares its first bytes, or all, with something else. */
const hash = fc.tuple(fc.constantFrom(0, 1, 0xffff_ffff), fc.nat({ max: 2 })).map(([start, last]) => {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32LE(start, 0);
  bytes[31] = last;
  return new Uint8Array(bytes);
});
const place = fc.record<Place>({
  archive: fc.nat({ max: 2 }),
  offset: fc.constantFrom(0, 512, 2 ** 40),
  length: fc.constantFrom(1, 2 ** 40),
  skip: fc.constantFrom(0, 1024),
});
const item = fc.record<Item>({ hash, size: fc.constantFrom(0, 1, 2 ** 40), place });
const items = fc.array(item, { maxLength: 60 });

function filled(content: readonly Item[], contents = new Contents()): Contents {
  for (const { hash: bytes, size, place: where } of content) contents.add(bytes, size, where);
  return contents;
}

function key(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** What makes two slots one: the same content at the same place. */
function keyOf({ hash: bytes, place: { archive, offset, skip } }: Item): string {
  return [key(bytes), archive, offset, skip].join();
}

/** The slots that a seal is to know, by hash; and the ones that are the same as an earlier one. */
function model(content: readonly Item[], usable: (slot: number) => boolean) {
  const byHash = new Map<string, number[]>();
  const firsts = new Map<string, number>();
  const same = new Map<number, number>();
  content.forEach((one, slot) => {
    if (!usable(slot)) return;
    const first = firsts.get(keyOf(one));
    if (first !== undefined) {
      same.set(slot, first);
      return;
    }
    firsts.set(keyOf(one), slot);
    byHash.set(key(one.hash), [...(byHash.get(key(one.hash)) ?? []), slot]);
  });
  return { byHash, same };
}

function ascending(slots: Iterable<number>): number[] {
  return [...slots].toSorted((a, b) => a - b);
}

/** `count` contents with hashes that are spread as those of real files are. */
function many(count: number): Item[] {
  return Array.from({ length: count }, (_, n) => {
    const bytes = Buffer.alloc(32, n % 251);
    bytes.writeUInt32LE(Math.imul(n, 2_654_435_761) >>> 0, 0);
    bytes.writeUInt32LE(n, 28);
    return {
      hash: new Uint8Array(bytes),
      size: n * 3,
      place: { archive: n % 7, offset: n * 512, length: n + 1, skip: n % 512 },
    };
  });
}

describe('Contents', () => {
  it('gives back what was added, in slots counted from 0', () => {
    fc.assert(
      fc.property(items, (content) => {
        const contents = new Contents();
        content.forEach(({ hash: bytes, size, place: where }, n) => {
          expect(contents.add(bytes, size, where)).toBe(n);
        });
        expect(contents.length).toBe(content.length);
        content.forEach((one, slot) => {
          expect(key(contents.hash(slot))).toBe(key(one.hash));
          expect(contents.size(slot)).toBe(one.size);
          expect(contents.archive(slot)).toBe(one.place.archive);
          expect(contents.place(slot)).toEqual(one.place);
        });
      }),
    );
  });

  it('finds what a plain map finds, from its own thread and from the shared memory', () => {
    fc.assert(
      fc.property(items, fc.func(fc.boolean()), items, (content, usable, later) => {
        const contents = filled(content);
        const expected = model(content, usable);
        const { shared, same } = contents.seal(usable);
        // What comes later is not known.
        filled(later, contents);
        expect(same).toEqual(expected.same);
        const lookup = new HashLookup(structuredClone(shared));
        for (const { hash: bytes } of [...content, ...later]) {
          const slots = expected.byHash.get(key(bytes)) ?? [];
          expect(ascending(contents.find(bytes))).toEqual(slots);
          expect(ascending(lookup.slots(bytes))).toEqual(slots);
          expect(lookup.has(bytes)).toBe(slots.length > 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('knows what was added since, once it is sealed again', () => {
    fc.assert(
      fc.property(items, items, (content, later) => {
        const contents = filled(content);
        contents.seal(() => true);
        filled(later, contents);
        const { same } = contents.seal(() => true);
        const expected = model([...content, ...later], () => true);
        expect(same).toEqual(expected.same);
        for (const { hash: bytes } of later) {
          expect(ascending(contents.find(bytes))).toEqual(expected.byHash.get(key(bytes)));
        }
      }),
    );
  });

  it('keeps all when it grows, and what was shared before stays as it was', () => {
    const before = many(1000);
    const contents = filled(before);
    const { shared } = contents.seal(() => true);
    const all = many(6000);
    filled(all.slice(1000), contents);
    all.forEach((one, slot) => {
      expect(key(contents.hash(slot))).toBe(key(one.hash));
      expect(contents.size(slot)).toBe(one.size);
      expect(contents.place(slot)).toEqual(one.place);
    });
    const lookup = new HashLookup(shared);
    all.forEach((one, slot) => {
      const expected = slot < 1000 ? [slot] : [];
      expect([...lookup.slots(one.hash)]).toEqual(expected);
      expect([...contents.find(one.hash)]).toEqual(expected);
    });
    contents.seal(() => true);
    all.forEach((one, slot) => expect([...contents.find(one.hash)]).toEqual([slot]));
  });

  it.each([7, 8, 9, 15, 16, 17, 1024, 1025])('ends every look-up, with %i contents known', (count) => {
    // A table that is full would be searched for ever.
    const contents = filled(many(count));
    const lookup = new HashLookup(contents.seal(() => true).shared);
    for (let n = 0; n < 256; n++) {
      const bytes = new Uint8Array(32).fill(0xee);
      bytes[0] = n;
      expect(lookup.has(bytes)).toBe(false);
    }
  });

  it('finds nothing before it is sealed, or when it is empty', () => {
    const [one] = many(1);
    const bytes = one?.hash ?? new Uint8Array(32);
    const contents = filled(many(1));
    expect([...contents.find(bytes)]).toEqual([]);
    const empty = new Contents();
    const { shared, same } = empty.seal(() => true);
    expect([...empty.find(bytes)]).toEqual([]);
    expect([new HashLookup(shared).has(bytes), same.size]).toEqual([false, 0]);
  });
});
