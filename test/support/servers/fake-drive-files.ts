// What the fake of Google Drive holds, and what it lets be done with it.
// https://developers.google.com/workspace/drive/api/reference/rest/v3/files
import { createHash, randomBytes } from 'node:crypto';

/** A refusal, as Google words it. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    reason: string,
    message: string = reason,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.headers = headers;
  }
}

export interface FakeFile {
  readonly id: string;
  readonly name: string;
  readonly mimeType: string;
  readonly parents: readonly string[];
  readonly appProperties: Readonly<Record<string, string>>;
  readonly trashed: boolean;
  readonly modifiedMs: number;
  readonly content: Buffer;
  readonly sha256: string;
  /** Whether this client has made it: with the scope drive.file it sees no other. */
  readonly isOwn: boolean;
}

export const FOLDER_TYPE = 'application/vnd.google-apps.folder';
const FIELDS = new Set([
  'id',
  'name',
  'mimeType',
  'size',
  'modifiedTime',
  'createdTime',
  'sha256Checksum',
  'md5Checksum',
  'parents',
  'appProperties',
  'trashed',
]);
/** Of a body; what else there is cannot be written, or does not exist. */
const WRITABLE = new Set(['id', 'name', 'mimeType', 'parents', 'appProperties', 'trashed', 'modifiedTime']);

type Metadata = Readonly<Record<string, unknown>>;

export class FakeFiles {
  #files: ReadonlyMap<string, FakeFile> = new Map();
  /** As they were, the oldest first. */
  #past: ReadonlyMap<string, FakeFile>[] = [];
  readonly #generated = new Set<string>();
  /** Ids of what was removed are never used again. */
  readonly #used = new Set<string>();
  #clockMs = 0;
  /** Listings do not know of so many of the last changes. */
  lag = 0;
  limitBytes = 15_000_000_000;

  generate(count: number): readonly string[] {
    if (!(count >= 1 && count <= 1000)) throw new Refused(400, 'invalidParameter');
    const ids = Array.from({ length: count }, () => `1${randomBytes(24).toString('base64url')}`);
    for (const id of ids) this.#generated.add(id);
    return ids;
  }

  /** What may be seen of an id. */
  get(id: string): FakeFile {
    const file = this.#files.get(id);
    if (file === undefined || !file.isOwn) throw new Refused(404, 'notFound', `File not found: ${id}.`);
    return file;
  }

  /** Makes sure that it could be made. */
  checkNew(metadata: Metadata): void {
    checkMetadata(metadata);
    const id = metadata['id'];
    if (id !== undefined) {
      if (typeof id !== 'string' || !this.#generated.has(id))
        throw new Refused(400, 'invalid', 'The provided file ID is not usable.');
      if (this.#used.has(id))
        throw new Refused(409, 'fileIdInUse', 'A file already exists with the provided ID.');
    }
    const parents = parentsOf(metadata);
    if (parents.length > 1) throw new Refused(403, 'cannotAddParent', 'A file cannot have several parents.');
    for (const parent of parents) {
      if (parent === 'root') continue;
      if (this.get(parent).mimeType !== FOLDER_TYPE) throw new Refused(403, 'parentNotAFolder');
    }
  }

  create(metadata: Metadata, content: Buffer): FakeFile {
    this.checkNew(metadata);
    this.#needRoom(content.length);
    const file: FakeFile = {
      id: textOf(metadata['id']) ?? this.generate(1)[0] ?? '',
      name: textOf(metadata['name']) ?? 'Untitled',
      mimeType: textOf(metadata['mimeType']) ?? 'application/octet-stream',
      parents: parentsOf(metadata),
      appProperties: propertiesOf(metadata),
      trashed: false,
      isOwn: true,
      ...this.#written(content),
    };
    this.#used.add(file.id);
    this.#change((files) => files.set(file.id, file));
    return file;
  }

  update(id: string, metadata: Metadata, content?: Buffer): FakeFile {
    checkMetadata(metadata);
    if ('id' in metadata || 'parents' in metadata) throw new Refused(403, 'fieldNotWritable');
    const before = this.get(id);
    if (content !== undefined) this.#needRoom(content.length);
    const file: FakeFile = {
      ...before,
      name: textOf(metadata['name']) ?? before.name,
      appProperties: { ...before.appProperties, ...propertiesOf(metadata) },
      trashed: typeof metadata['trashed'] === 'boolean' ? metadata['trashed'] : before.trashed,
      ...(content === undefined ? {} : this.#written(content)),
    };
    this.#change((files) => files.set(id, file));
    return file;
  }

  /** Removes it, and all that is in it, whoever put it there. */
  remove(id: string): void {
    this.get(id);
    const gone = new Set([id]);
    for (let count = 0; count !== gone.size;) {
      count = gone.size;
      for (const { id: one, parents } of this.#files.values())
        if (parents.some((parent) => gone.has(parent))) gone.add(one);
    }
    this.#change((files) => {
      for (const one of gone) files.delete(one);
    });
  }

  /** What a search sees, the last written first. */
  search(matches: (file: FakeFile, isTrashed: boolean) => boolean): readonly FakeFile[] {
    const seen = this.lag === 0 ? this.#files : (this.#past.at(-this.lag) ?? new Map<string, FakeFile>());
    const isTrashed = (file: FakeFile): boolean =>
      file.trashed || file.parents.some((id) => seen.has(id) && isTrashed(seen.get(id) as FakeFile));
    return [...seen.values()]
      .filter((file) => file.isOwn && matches(file, isTrashed(file)))
      .toSorted((a, b) => b.modifiedMs - a.modifiedMs);
  }

  /** Everything that is there, also what others have put there. */
  all(): readonly FakeFile[] {
    return [...this.#files.values()];
  }

  /** By names from the top on; what is in the trash has `(trash)` before it. */
  paths(): readonly string[] {
    const path = ({ name, parents: [parent = 'root'] }: FakeFile): string => {
      const above = this.#files.get(parent);
      return above === undefined ? name : `${path(above)}/${name}`;
    };
    return this.all()
      .map((file) => (file.trashed ? `(trash)${path(file)}` : path(file)))
      .toSorted();
  }

  /** Somebody puts a file there by hand. */
  addForeign(name: string, parent: string): string {
    const [id = ''] = this.generate(1);
    const file = { id, name, mimeType: 'text/plain', parents: [parent], appProperties: {}, trashed: false };
    this.#change((files) => files.set(id, { ...file, isOwn: false, ...this.#written(Buffer.from(name)) }));
    return id;
  }

  get usage(): number {
    return this.all().reduce((sum, { content }) => sum + content.length, 0);
  }

  #needRoom(bytes: number): void {
    if (this.usage + bytes <= this.limitBytes) return;
    throw new Refused(403, 'storageQuotaExceeded', "The user's Drive storage quota has been exceeded.");
  }

  #written(content: Buffer): Pick<FakeFile, 'content' | 'sha256' | 'modifiedMs'> {
    // Google's clock is not that of a test which sets its own.
    const nowMs = Math.round(performance.timeOrigin + performance.now());
    this.#clockMs = Math.max(nowMs, this.#clockMs + 1);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { content, sha256, modifiedMs: this.#clockMs };
  }

  #change(change: (files: Map<string, FakeFile>) => void): void {
    this.#past = [...this.#past, this.#files].slice(-10);
    const files = new Map(this.#files);
    change(files);
    this.#files = files;
  }
}

/** What is shown of a file. @param mask - As in `fields`. */
export function shown(file: FakeFile, mask: string): Readonly<Record<string, unknown>> {
  const isFolder = file.mimeType === FOLDER_TYPE;
  const all: Readonly<Record<string, unknown>> = {
    id: file.id,
    name: file.name,
    mimeType: file.mimeType,
    ...(isFolder ? {} : { size: String(file.content.length), sha256Checksum: file.sha256 }),
    modifiedTime: new Date(file.modifiedMs).toISOString(),
    parents: file.parents.map((parent) => (parent === 'root' ? '0AROOT' : parent)),
    appProperties: file.appProperties,
    trashed: file.trashed,
  };
  const names = mask.split(',');
  for (const name of names)
    if (!FIELDS.has(name)) throw new Refused(400, 'invalidParameter', `Invalid field selection ${name}`);
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

function checkMetadata(metadata: Metadata): void {
  for (const name of Object.keys(metadata))
    if (!WRITABLE.has(name)) throw new Refused(403, 'fieldNotWritable', `${name} is not writable`);
  const properties = Object.entries(propertiesOf(metadata));
  if (properties.length > 30) throw new Refused(403, 'propertyCountExceeded');
  for (const [name, value] of properties)
    if (Buffer.byteLength(name) + Buffer.byteLength(value) > 124) throw new Refused(403, 'propertyTooLong');
}

function propertiesOf(metadata: Metadata): Readonly<Record<string, string>> {
  return (metadata['appProperties'] ?? {}) as Readonly<Record<string, string>>;
}

function parentsOf(metadata: Metadata): readonly string[] {
  const parents = (metadata['parents'] ?? ['root']) as readonly string[];
  return parents;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
