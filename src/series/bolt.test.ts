import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LocalStore } from '../store/local/local-store.ts';
import { boltSeries } from './bolt.ts';
import { Series } from './series.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshot-bolt-'));
const bolt = join(root, 'data', '.lock-of-version-2');
const series = new Series(new LocalStore(root), 'data');

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('the bolt of a series', () => {
  it('says why it is there', async () => {
    await boltSeries(series);
    expect(readFileSync(join(bolt, 'README.txt'), 'utf8')).toContain('older versions');
  });

  it('is left as it is', async () => {
    mkdirSync(bolt, { recursive: true });
    writeFileSync(join(bolt, 'README.txt'), 'as it was');
    await boltSeries(series);
    expect(readFileSync(join(bolt, 'README.txt'), 'utf8')).toBe('as it was');
  });

  it('is put again where it was not finished', async () => {
    mkdirSync(bolt, { recursive: true });
    writeFileSync(join(bolt, 'README.txt.part'), 'half');
    await boltSeries(series);
    expect(existsSync(join(bolt, 'README.txt.part'))).toBe(false);
    expect(readFileSync(join(bolt, 'README.txt'), 'utf8')).toContain('older versions');
  });
});
