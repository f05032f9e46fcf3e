import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadPlan } from '../../plan/plan.ts';
import { changedPlan } from './changed-plan.ts';

it('notices what was changed before it was asked, once it has no mistake', async () => {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-plan-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const file = join(root, 'plan.csv');
  const write = (name: string): void => writeFileSync(file, `source,destination,name\n/a,/b,${name}\n`);
  write('before');
  const before = await loadPlan(file);
  writeFileSync(file, 'source\n');
  const warnings: string[] = [];
  const next = await changedPlan(file, before, new AbortController().signal, (message) => {
    warnings.push(message);
    write('after');
  });
  expect(next?.rows.map(({ name }) => name)).toEqual(['after']);
  expect(warnings).toHaveLength(1);
});
