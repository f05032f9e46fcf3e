// What a round works with.
import type { Blake3 } from '../../hash/blake3.ts';
import type { Library } from '../../serve/library/library.ts';
import type { Room } from '../../serve/library/room.ts';
import type { FilePlacer } from './place-file.ts';
import type { ReadingClient } from './reading-client.ts';

export interface RoundTools {
  readonly library: Library;
  readonly client: ReadingClient;
  readonly placer: FilePlacer;
  readonly blake3: Blake3;
  readonly room: Room;
  /** A folder for what is arriving. */
  readonly fetching: string;
  /** A folder for what is made here; emptied at a start. */
  readonly parts: string;
  readonly signal: AbortSignal;
}
