// For tests: an index as one would write it who knows the format.
import { readFileSync, writeFileSync } from 'node:fs';
import { loadDecompressor } from '../../format/zstd/zstd.ts';
import { LineReader, writeLines } from '../../series/index/lines.ts';
import type { Info } from '../../series/info.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { SeriesLab } from './series.lab.ts';

export type Line = Record<string, unknown>;

export function isAt(path: string): (line: Line) => boolean {
  return (line) => line['path'] === path;
}

export function writeInfo(lab: SeriesLab, snapshot: string, info: Info): void {
  writeFileSync(lab.folder(snapshot, 'info.json'), JSON.stringify(info));
}

/** Puts what `edit` makes of the lines in the place of the index of `snapshot`. */
export async function tamper(
  lab: SeriesLab,
  snapshot: string,
  edit: (lines: Line[]) => readonly Line[],
): Promise<void> {
  const info = lab.info(snapshot);
  const file = lab.folder(snapshot, info.index.file);
  const reader = LineReader.open(readFileSync(file), info.index.sha256, file, await loadDecompressor());
  const lines: Line[] = [];
  for (; reader.hasLine(); reader.at = reader.end() + 1) lines.push(JSON.parse(reader.line()) as Line);
  const writer = await new LocalStore(lab.folder(snapshot)).create(info.index.file);
  const texts = edit(lines).map((line) => Buffer.from(JSON.stringify(line)).toString('latin1'));
  const index = { file: info.index.file, ...(await writeLines(texts, writer)) };
  await writer.commit();
  writeInfo(lab, snapshot, { ...info, index });
}
