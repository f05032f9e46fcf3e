import { describe, expect, it } from 'vitest';
import { Findings } from './verify-findings.ts';

const [ONE, TWO, THREE] = ['2026-01-01T00-00-00Z', '2026-01-02T00-00-00Z', '2026-01-03T00-00-00Z'];

describe('Findings', () => {
  it('tells each thing once, with every snapshot that needs it, where it was found first', () => {
    const findings = new Findings();
    findings.add(`${ONE}/data.zip`, 'is cut short', [TWO, ONE], { at: 7, identity: 'inode 1' });
    findings.add(`${ONE}/info.json`, 'is missing', [ONE]);
    findings.add(`${THREE}/data.zip`, 'is cut short', [THREE, ONE], { at: 9, identity: 'inode 1' });
    expect(findings.count).toBe(2);
    expect(findings.damages('data')).toEqual([
      {
        event: 'damage',
        series: 'data',
        file: `${ONE}/data.zip`,
        what: 'is cut short',
        at: 7,
        snapshots: [ONE, TWO, THREE],
      },
      { event: 'damage', series: 'data', file: `${ONE}/info.json`, what: 'is missing', snapshots: [ONE] },
    ]);
  });

  it('takes equal words of two files for two', () => {
    const findings = new Findings();
    for (const snapshot of [ONE, TWO]) findings.add(`${snapshot}/info.json`, 'is missing', [snapshot]);
    expect(findings.count).toBe(2);
  });

  it('says ten things of a file, then that there are more, and no more than that', () => {
    const findings = new Findings();
    const say = (n: number, snapshot: string): void =>
      findings.add(`${ONE}/data.zip`, `piece ${n}`, [snapshot], { at: n });
    const said = (): unknown =>
      findings.damages('data').map(({ what, at, snapshots }) => [what, at, snapshots]);
    for (let n = 0; n < 10; n++) say(n, ONE);
    const ten = Array.from({ length: 10 }, (_, n) => [`piece ${n}`, n, [ONE]]);
    expect(said()).toEqual(ten);
    // What another snapshot has to say is nothing more of the kind.
    say(9, TWO);
    const shared = [...ten.slice(0, 9), ['piece 9', 9, [ONE, TWO]]];
    expect(said()).toEqual(shared);
    for (const n of [10, 11]) say(n, n === 10 ? ONE : TWO);
    expect(said()).toEqual([...shared, ['and more of the kind', undefined, [ONE, TWO]]]);
    expect(findings.count).toBe(11);
    findings.add(`${TWO}/other.zip`, 'piece 12', [TWO], { at: 12 });
    expect(findings.damages('data').at(-1)).toMatchObject({ what: 'piece 12', at: 12 });
  });

  it('knows by each name of a file what was said of it first', () => {
    const findings = new Findings();
    expect([...findings.byFile()]).toEqual([]);
    findings.add(`${ONE}/data.zip`, 'is cut short', [ONE], { identity: 'inode 1' });
    findings.add(`${TWO}/data.zip`, 'is cut short', [TWO], { identity: 'inode 1' });
    findings.add(`${ONE}/data.zip`, 'has another check sum', [ONE], { identity: 'inode 1' });
    findings.add(`${TWO}/info.json`, 'is missing', [TWO]);
    expect([...findings.byFile()]).toEqual([
      [`${ONE}/data.zip`, 'is cut short'],
      [`${TWO}/data.zip`, 'is cut short'],
      [`${TWO}/info.json`, 'is missing'],
    ]);
  });

  it('knows which snapshots it touches, and by which files', () => {
    const findings = new Findings();
    findings.add(`${TWO}/info.json`, 'is missing', [TWO, ONE]);
    findings.add(`${ONE}/data.zip`, 'is missing', [ONE]);
    findings.add('owner.json', 'is missing', []);
    expect([ONE, TWO, THREE].map((name) => findings.touches(name))).toEqual([true, true, false]);
    const withFiles = (...names: readonly string[]): readonly string[] =>
      findings.snapshotsWith(new Set(names));
    expect(withFiles('info.json', 'owner.json')).toEqual([ONE, TWO]);
    expect(withFiles('data.zip')).toEqual([ONE]);
    expect([...withFiles('zip'), ...withFiles(`${ONE}/data.zip`)]).toEqual([]);
  });
});
