// What happens to the source of a small series, night after night, so that each kind of run comes up once.
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { noise } from '../support/trees.ts';

/** What was done to the source before each night. */
export const NIGHTS: readonly { readonly name: string; readonly change: (source: string) => void }[] = [
  { name: 'first run', change: begin },
  { name: 'some changes', change: edit },
  { name: 'nothing changed', change: () => {} },
  { name: 'most of an archive replaced (upkeep)', change: replaceMost },
  { name: 'one more (rotation)', change: (source) => writeFileSync(join(source, 'late.txt'), 'late') },
  { name: 'after a run that was cut short', change: rework },
];

function begin(source: string): void {
  mkdirSync(join(source, 'letters/old'), { recursive: true });
  mkdirSync(join(source, 'empty'));
  for (let i = 0; i < 6; i++)
    writeFileSync(join(source, 'letters', `${i}.txt`), `letter ${i} `.repeat(i * 40));
  writeFileSync(join(source, 'letters/old/it\'s "odd".txt'), 'odd');
  for (let i = 0; i < 5; i++) writeFileSync(join(source, `photo ${i}`), noise(20_000, i + 1));
  writeFileSync(join(source, 'none'), '');
  writeFileSync(join(source, 'disk'), noise(50_000, 99));
  // Larger than one piece, and no work.
  truncateSync(join(source, 'disk'), 9_000_000);
  symlinkSync('letters/1.txt', join(source, 'link'));
  linkSync(join(source, 'photo 1'), join(source, 'same photo'));
}

function edit(source: string): void {
  writeFileSync(join(source, 'letters/1.txt'), 'another letter');
  writeFileSync(join(source, 'new'), noise(30_000, 50));
  rmSync(join(source, 'letters/2.txt'));
  renameSync(join(source, 'letters/old'), join(source, 'letters/older'));
  chmodSync(join(source, 'letters/3.txt'), 0o600);
}

function replaceMost(source: string): void {
  for (let i = 0; i < 4; i++) writeFileSync(join(source, `photo ${i}`), noise(20_000, i + 20));
  rmSync(join(source, 'new'));
}

function rework(source: string): void {
  for (let i = 0; i < 4; i++) writeFileSync(join(source, `reworked ${i}`), noise(25_000, i + 40));
  rmSync(join(source, 'empty'), { recursive: true });
  writeFileSync(join(source, 'empty'), 'a file now');
}
