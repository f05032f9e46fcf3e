import { Damage, shown, within } from '../damage.ts';
import { type FoundMember, NO_PLACE, type Reading } from '../found-member.ts';
import { checkLinkTarget } from '../member-path.ts';
import type { Member } from '../member.ts';
import { SourceReader } from '../source-reader.ts';
import { type CentralRecord, readCentral } from './zip-central.ts';
import { readContent } from './zip-content.ts';
import { readEnd } from './zip-end.ts';
import { readDescriptor, readLocal } from './zip-local.ts';

/** More than a link can say on any system. */
const MAX_TARGET_BYTES = 65_536;

/**
 * The members of a zip. Local records must lie one after the other from the first byte on, in the order of
 * the directory, which follows the last one: so none overlaps another, and nothing lies between them.
 * Directory and records are read side by side, as there may be a million.
 *
 * @throws {@link Damage} as {@link readArchive} says.
 */
export async function* readZip(reading: Reading): AsyncGenerator<FoundMember> {
  const { source, signal } = reading;
  const directory = await readEnd(source);
  const centrals = new SourceReader(source, directory.offset, directory.end);
  const locals = new SourceReader(source, 0, directory.offset);
  for (let i = 0; i < directory.count; i++) {
    signal.throwIfAborted();
    const central = await within(
      `record ${i + 1} of its directory, at byte ${centrals.at}`,
      async () => await readCentral(centrals),
    );
    yield await within(
      `"${shown(central.path)}", at byte ${locals.at}`,
      async () => await readMember(locals, central, reading),
    );
  }
  if (centrals.leftBytes > 0) throw new Damage(`its directory has more records, at byte ${centrals.at}`);
  if (locals.leftBytes > 0) throw new Damage(`something lies between its records, at byte ${locals.at}`);
}

async function readMember(
  reader: SourceReader,
  central: CentralRecord,
  { hasher, signal }: Reading,
): Promise<FoundMember> {
  const { type, path, mode, mtimeNs, contentBytes } = central;
  const offset = reader.at;
  if (central.offset !== offset) throw new Damage(`its directory says byte ${central.offset}`);
  if (type === 'folder' && contentBytes > 0) throw new Damage('a folder has content');
  if (type === 'link' && contentBytes > MAX_TARGET_BYTES) throw new Damage('no link is that long');
  const local = await readLocal(reader, central);
  let target = '';
  hasher.reset();
  await readContent(reader, central, (piece) => {
    signal.throwIfAborted();
    if (type === 'file') hasher.update(piece);
    else target += piece.toString('latin1');
  });
  await readDescriptor(reader, central, local);
  if (type === 'link') checkLinkTarget(target);
  const member: Member = {
    path,
    type,
    size: type === 'file' ? contentBytes : 0,
    mode,
    uid: local.uid,
    gid: local.gid,
    user: undefined,
    group: undefined,
    mtimeNs,
    target: type === 'link' ? target : undefined,
  };
  if (type !== 'file') return { member, place: NO_PLACE, hash: undefined };
  return { member, place: { offset, length: reader.at - offset, skip: 0 }, hash: hasher.digest() };
}
