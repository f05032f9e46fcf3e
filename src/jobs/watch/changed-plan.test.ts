import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import { changedPlan } from './changed-plan.ts';

const LOOK_MS = 10;

class Lab {
  readonly root: string = mkdtempSync(join(tmpdir(), 'snapshot-plan-'));
  readonly file: string = join(this.root, 'plan.csv');
  readonly warnings: string[] = [];

  constructor() {
    onTestFinished(() => rmSync(this.root, { recursive: true }));
  }

  write(...lines: readonly string[]): void {
    writeFileSync(this.file, [...lines, ''].join('\n'));
  }

  async changed(
    before: Plan,
    warned: () => void = () => {},
    signal = new AbortController().signal,
  ): Promise<Plan | undefined> {
    const warn = (message: string): void => {
      this.warnings.push(message);
      warned();
    };
    return await changedPlan(this.file, before, signal, warn, LOOK_MS);
  }
}

describe('changedPlan()', () => {
  it('notices what was changed before it was asked, once it has no mistake', async () => {
    const lab = new Lab();
    const write = (name: string): void => lab.write('source,destination,name', `/a,/b,${name}`);
    write('before');
    const before = await loadPlan(lab.file);
    lab.write('source');
    const next = await lab.changed(before, () => write('after'));
    expect(next?.rows.map(({ name }) => name)).toEqual(['after']);
    expect(lab.warnings).toHaveLength(1);
  });

  it('notices patterns in a file that the plan names, and what its globs match by now', async () => {
    const lab = new Lab();
    const patterns = join(lab.root, 'patterns');
    writeFileSync(patterns, '*.tmp\n');
    mkdirSync(join(lab.root, 'photos', 'a'), { recursive: true });
    lab.write('source,destination,name,exclude-from', `photos/*,/b,,patterns`);
    const before = await loadPlan(lab.file);
    rmSync(patterns);
    const withPatterns = await lab.changed(before, () => writeFileSync(patterns, '*.log\n'));
    expect(withPatterns?.rows.map(({ excludeLines }) => excludeLines[0])).toEqual(['*.log']);
    expect(lab.warnings).toHaveLength(1);
    mkdirSync(join(lab.root, 'photos', 'b'));
    const withMatch = await lab.changed(withPatterns ?? before);
    expect(withMatch?.rows.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('tells a mistake once, however often it reads it', async () => {
    const lab = new Lab();
    lab.write('source,destination', '/a,/b');
    const before = await loadPlan(lab.file);
    lab.write('source');
    // Time for many a look; it is told at the first one.
    expect(await lab.changed(before, undefined, AbortSignal.timeout(60 * LOOK_MS))).toBeUndefined();
    expect(lab.warnings).toHaveLength(1);
  });

  it('takes one that is written anew and says the same for the same', async () => {
    const lab = new Lab();
    lab.write('source,destination', '/a,/b');
    const before = await loadPlan(lab.file);
    lab.write('source,destination', '/a,/b', '# Another time and size.');
    expect(await lab.changed(before, undefined, AbortSignal.timeout(60 * LOOK_MS))).toBeUndefined();
  });
});
