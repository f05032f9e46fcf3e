// A series, and what its source looked like at each of its snapshots.
import { expect } from 'vitest';
import type { RowEnd, RunCall } from '../../src/index.ts';
import { Place } from './place.ts';
import { asZip, restored } from './restored.ts';
import { lookAt, type Seen } from './trees.ts';

export type Format = 'tar.zst' | 'zip';

export class LivingSeries {
  readonly place: Place;
  readonly #moments = new Map<string, { readonly seen: Map<string, Seen>; readonly isZip: boolean }>();
  #format: Format;

  constructor(format: Format = 'tar.zst', strategy = 'incremental') {
    this.place = Place.open();
    this.#format = format;
    this.plan(format, strategy);
  }

  plan(format: Format, strategy = 'incremental', keep = 100): void {
    this.#format = format;
    this.place.writePlan(
      'source,destination,name,format,strategy,keep',
      `source,destination,data,${format},${strategy},${keep}`,
    );
  }

  /** Runs, and remembers what the source looked like; all has to be well. */
  async night(options: RunCall = {}): Promise<RowEnd | undefined> {
    const row = await this.place.night(options);
    if (row?.outcome === 'written') this.remember(String(row.snapshot));
    return row;
  }

  /** From now on, `snapshot` is to come back as the source is now. */
  remember(snapshot: string, seen: Map<string, Seen> = lookAt(this.place.source)): void {
    this.#moments.set(snapshot, { seen, isZip: this.#format === 'zip' });
  }

  /** Each snapshot comes back as the source was, and every file of the series is what its check sum says. */
  expectAll(why = ''): void {
    expect(this.place.whole().length).toBeGreaterThan(0);
    for (const at of this.place.whole()) {
      const { seen = new Map(), isZip = false } = this.#moments.get(at) ?? {};
      const found = restored(this.place, at);
      if (isZip) expect(asZip(found), `${at}: ${why}`).toEqual(asZip(seen));
      else expect(found, `${at}: ${why}`).toEqual(seen);
    }
    this.place.checkSums();
  }

  /** Names of the archives with content that a snapshot has; by default the newest one. */
  contents(at?: string): readonly string[] {
    return this.place
      .info(at)
      .archives.filter(({ entries }) => entries > 0)
      .map(({ file }) => file);
  }
}
