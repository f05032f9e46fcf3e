import type { Member } from '../../format/member.ts';
import type { FileContent } from './contents.ts';

/** An ordinary archive that is being written. Calls are made one after the other. */
export interface ArchiveSink {
  /** Whether several names of one file can be one member and links to it. */
  readonly hasHardlinks: boolean;
  /** Why the format cannot hold `member` as it is called; undefined when it can. */
  refusal(member: Member): string | undefined;
  /** @throws What `content` throws, and what the output does. */
  add(member: Member, content: FileContent['content']): Promise<void>;
  /** Writes what comes after the last member. */
  end(): Promise<void>;
  /** Gives up. */
  destroy(): void;
  /** What members have lost that their archive cannot say, in words. */
  notes(): readonly string[];
}
