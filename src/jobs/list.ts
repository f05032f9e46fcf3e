import { type Info, newBytesOf } from '../snapshot/info.ts';
import type { Series } from '../snapshot/series.ts';

export interface ListedSnapshot {
  readonly name: string;
  readonly at: Date;
  readonly info: Info;
  /** Bytes that this snapshot added to the destination: its own archives and its index. */
  readonly newBytes: number;
}

export interface ListedSeries {
  readonly name: string;
  readonly folder: string;
  /** Oldest first. */
  readonly snapshots: readonly ListedSnapshot[];
  readonly unfinished: readonly string[];
  /** What is wrong with each damaged one. */
  readonly damaged: readonly string[];
}

/** What there is in each series. */
export async function list(series: readonly Series[]): Promise<readonly ListedSeries[]> {
  return await Promise.all(
    series.map(async (one) => {
      const { snapshots, unfinished, damaged } = await one.survey();
      return {
        name: one.name,
        folder: one.place(),
        snapshots: snapshots.map((snapshot) => ({
          ...snapshot,
          newBytes: newBytesOf(snapshot.name, snapshot.info),
        })),
        unfinished,
        damaged: damaged.map(({ error }) => error.message),
      };
    }),
  );
}
