import { describe, expect, it } from 'vitest';
import { isSameMachine } from './owner.ts';

const ID = 'a'.repeat(32);
const OTHER_ID = 'b'.repeat(32);
const ADA = { host: 'ada-pc', machine: ID };

describe('isSameMachine()', () => {
  it.each<[boolean, string, Partial<typeof ADA>, Partial<typeof ADA>]>([
    [true, 'the same machine', {}, {}],
    [true, 'a name in capitals', {}, { host: 'Ada-PC' }],
    [true, 'a name with its domain', {}, { host: 'ada-pc.example.org' }],
    [true, 'a name without its domain', { host: 'ada-pc.example.org' }, {}],
    [true, 'a name in a network without a server', { host: 'ada-pc.example.org' }, { host: 'ADA-PC.local' }],
    [true, 'a machine that has an id since', { machine: '' }, {}],
    [true, 'a container that has no id', {}, { machine: '' }],
    [true, 'what a repair could not tell', { host: '', machine: '' }, { host: 'bob-pc' }],
    [false, 'another machine', {}, { host: 'bob-pc', machine: OTHER_ID }],
    [false, 'another machine of that name', {}, { machine: OTHER_ID }],
    [false, 'a copied machine, which has another name only', {}, { host: 'bob-pc' }],
    [false, 'another name, where there are no ids', { machine: '' }, { host: 'bob-pc', machine: '' }],
    [false, 'a name that begins alike', {}, { host: 'ada-pc2' }],
    [false, 'a name in another domain', { host: 'www.a.org' }, { host: 'www.b.org' }],
  ])('says %s of %s', (is, _, one, other) => {
    expect(isSameMachine({ ...ADA, ...one }, { ...ADA, ...other })).toBe(is);
    expect(isSameMachine({ ...ADA, ...other }, { ...ADA, ...one })).toBe(is);
  });
});
