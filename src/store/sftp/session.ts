// The calls of SFTP, one method each, and what a server can do besides.
import { SnapshotError } from '../../base/errors.ts';
import { type Answer, Channel } from './channel.ts';
import {
  type Attributes,
  KIND,
  modeAndTime,
  onlyMode,
  PacketReader,
  string,
  uint32,
  uint64,
} from './packet.ts';
import type { SftpPlace } from './place.ts';
import { STATUS, SftpStatus } from './status.ts';

/** What OpenSSH has added, each with the version that is meant; in its file PROTOCOL. */
const EXTENSIONS = {
  'posix-rename@openssh.com': '1',
  'fsync@openssh.com': '1',
  'hardlink@openssh.com': '1',
  'statvfs@openssh.com': '2',
  'limits@openssh.com': '1',
} as const;

type Extension = keyof typeof EXTENSIONS;

/** What every server takes (section 3), and what is sent to OpenSSH at most. */
const LEAST_BYTES = 32 * 1024;
const MOST_BYTES = 255 * 1024;
/** What a packet needs beside its data, its handle included. */
const AROUND_BYTES = 1024;
/** Flushing what is in the memory of a server with slow disks takes long. ssh notices when the host has gone. */
const FLUSH_MS = 10 * 60_000;

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export type Handle = Buffer;

/** Names are bytes: text is taken as UTF-8. */
export type RemotePath = string | Uint8Array;

export interface FolderEntry {
  readonly name: string;
  /** {@link name}, as the server gives it. */
  readonly nameBytes: Uint8Array;
  readonly attributes: Attributes;
}

export class SftpSession {
  readonly #channel: Channel;
  readonly #extensions = new Set<string>();
  /** Bytes of one request at most. */
  readBytes: number = LEAST_BYTES;
  writeBytes: number = LEAST_BYTES;

  constructor(place: SftpPlace) {
    this.#channel = new Channel(place);
  }

  /** Says hello, and learns what the server can do. */
  async begin(): Promise<void> {
    const greeting = new PacketReader(await this.#channel.greet(3));
    const version = greeting.uint32();
    if (version !== 3)
      throw new SnapshotError('E_STORE', `The server speaks version ${version} of SFTP, not 3`);
    while (!greeting.isAtEnd) {
      const [name, data] = [String(greeting.string()), String(greeting.string())];
      if (EXTENSIONS[name as Extension] === data) this.#extensions.add(name);
    }
    if (this.has('limits@openssh.com')) await this.#askLimits();
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  has(extension: Extension): boolean {
    return this.#extensions.has(extension);
  }

  async close(): Promise<void> {
    await this.#channel.close();
  }

  async open(path: RemotePath, flags: number): Promise<Handle> {
    return handleOf(await this.#ask(KIND.open, string(path), uint32(flags), onlyMode(FILE_MODE)));
  }

  async openFolder(path: RemotePath): Promise<Handle> {
    return handleOf(await this.#ask(KIND.opendir, string(path)));
  }

  async closeHandle(handle: Handle): Promise<void> {
    done(await this.#ask(KIND.close, string(handle)));
  }

  /** Bytes from `offset` on, perhaps fewer; undefined at the end. */
  async read(handle: Handle, offset: number, length: number): Promise<Buffer | undefined> {
    const answer = await this.#ask(KIND.read, string(handle), uint64(offset), uint32(length));
    if (answer.kind === KIND.data) return new PacketReader(answer.body).string();
    return undefinedFor(STATUS.end, answer);
  }

  async write(handle: Handle, offset: number, bytes: Uint8Array): Promise<void> {
    done(await this.#ask(KIND.write, string(handle), uint64(offset), uint32(bytes.length), bytes));
  }

  /** Some of the entries of a folder; undefined after the last ones. */
  async readFolder(handle: Handle): Promise<readonly FolderEntry[] | undefined> {
    const answer = await this.#ask(KIND.readdir, string(handle));
    if (answer.kind !== KIND.name) return undefinedFor(STATUS.end, answer);
    const reader = new PacketReader(answer.body);
    const entries: FolderEntry[] = [];
    for (let left = reader.uint32(); left > 0; left--) {
      const nameBytes = reader.string();
      const name = nameBytes.toString('utf8');
      const line = reader.string();
      const attributes = reader.attributes();
      entries.push({ name, nameBytes, attributes: { ...attributes, mode: attributes.mode ?? modeOf(line) } });
    }
    return entries;
  }

  /** What is there, links followed; undefined when nothing is. */
  async stat(path: RemotePath): Promise<Attributes | undefined> {
    return attributesOf(await this.#ask(KIND.stat, string(path)));
  }

  /** {@link stat}, of a link itself. */
  async lstat(path: RemotePath): Promise<Attributes | undefined> {
    return attributesOf(await this.#ask(KIND.lstat, string(path)));
  }

  async sizeOf(handle: Handle): Promise<number> {
    return attributesOf(await this.#ask(KIND.fstat, string(handle)))?.sizeBytes ?? 0;
  }

  async setAttributes(handle: Handle, mode: number | undefined, modifiedMs: number): Promise<void> {
    done(await this.#ask(KIND.fsetstat, string(handle), modeAndTime(mode, modifiedMs)));
  }

  async setMode(path: RemotePath, mode: number): Promise<void> {
    done(await this.#ask(KIND.setstat, string(path), onlyMode(mode)));
  }

  /** What a link says. */
  async readLink(path: RemotePath): Promise<Uint8Array> {
    const answer = await this.#ask(KIND.readlink, string(path));
    if (answer.kind !== KIND.name) throw SftpStatus.of(answer);
    const reader = new PacketReader(answer.body);
    if (reader.uint32() !== 1)
      throw new SnapshotError('E_STORE', 'The SFTP server does not say where a link leads');
    return reader.string();
  }

  /** Makes a link. OpenSSH, and whoever wants to work with it, has the two the other way round than section 6.10; see its PROTOCOL, 4.1. */
  async makeLink(path: RemotePath, target: Uint8Array): Promise<void> {
    done(await this.#ask(KIND.symlink, string(target), string(path)));
  }

  async makeFolder(path: RemotePath, mode: number = FOLDER_MODE): Promise<void> {
    done(await this.#ask(KIND.mkdir, string(path), onlyMode(mode)));
  }

  async remove(path: RemotePath): Promise<void> {
    done(await this.#ask(KIND.remove, string(path)));
  }

  async removeFolder(path: RemotePath): Promise<void> {
    done(await this.#ask(KIND.rmdir, string(path)));
  }

  /** Fails where `to` is there already. */
  async rename(from: RemotePath, to: RemotePath): Promise<void> {
    done(await this.#ask(KIND.rename, string(from), string(to)));
  }

  /** In place of what `to` was. */
  async replace(from: RemotePath, to: RemotePath): Promise<void> {
    done(await this.#extended('posix-rename@openssh.com', string(from), string(to)));
  }

  async link(from: RemotePath, to: RemotePath): Promise<void> {
    done(await this.#extended('hardlink@openssh.com', string(from), string(to)));
  }

  /** What was written to an open file is on disk when this returns. */
  async flush(handle: Handle): Promise<void> {
    const parts = [string('fsync@openssh.com'), string(handle)];
    done(await this.#channel.request(KIND.extended, parts, FLUSH_MS));
  }

  /** Bytes and files that can still be written on the disk with `path`; undefined when there is no `path`. */
  async free(path: RemotePath): Promise<{ readonly bytes: number; readonly files: number } | undefined> {
    const answer = await this.#extended('statvfs@openssh.com', string(path));
    if (answer.kind !== KIND.extendedReply) return undefinedFor(STATUS.missing, answer);
    const reader = new PacketReader(answer.body);
    reader.uint64();
    const blockBytes = reader.uint64();
    reader.uint64();
    reader.uint64();
    const bytes = reader.uint64() * blockBytes;
    const files = reader.uint64();
    reader.uint64();
    // File systems that make room for files as they come count none.
    return { bytes, files: files === 0 ? Infinity : reader.uint64() };
  }

  async #askLimits(): Promise<void> {
    const answer = await this.#extended('limits@openssh.com');
    if (answer.kind !== KIND.extendedReply) return;
    const reader = new PacketReader(answer.body);
    const packet = reader.uint64() || LEAST_BYTES + AROUND_BYTES;
    const within = (limit: number): number =>
      Math.max(Math.min(limit === 0 ? LEAST_BYTES : limit, packet - AROUND_BYTES, MOST_BYTES), 1024);
    this.readBytes = within(reader.uint64());
    this.writeBytes = within(reader.uint64());
  }

  async #ask(kind: number, ...parts: readonly Uint8Array[]): Promise<Answer> {
    return await this.#channel.request(kind, parts);
  }

  async #extended(name: Extension, ...parts: readonly Uint8Array[]): Promise<Answer> {
    return await this.#ask(KIND.extended, string(name), ...parts);
  }
}

function done(answer: Answer): void {
  const status = SftpStatus.of(answer);
  if (status.code !== STATUS.ok) throw status;
}

function handleOf(answer: Answer): Handle {
  if (answer.kind !== KIND.handle) throw SftpStatus.of(answer);
  // A copy: the packet may be a part of much more.
  return Buffer.from(new PacketReader(answer.body).string());
}

function attributesOf(answer: Answer): Attributes | undefined {
  if (answer.kind === KIND.attrs) return new PacketReader(answer.body).attributes();
  return undefinedFor(STATUS.missing, answer);
}

/** @throws {@link SftpStatus} when the answer is another one. */
function undefinedFor(code: number, answer: Answer): undefined {
  const status = SftpStatus.of(answer);
  if (status.code !== code) throw status;
  return undefined;
}

/** The type by a line as of `ls -l`: for servers that give no modes. */
function modeOf(line: Buffer): number | undefined {
  const type = String.fromCharCode(line[0] ?? 0);
  if (type === 'l') return 0o120_000;
  return type === 'd' ? 0o040_000 : type === '-' ? 0o100_000 : undefined;
}
