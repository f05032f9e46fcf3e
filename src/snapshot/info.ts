// info.json: what a snapshot says of itself. Its form is in docs/format.md.
import { z } from 'zod';
import { SnapshotError } from '../errors.ts';
import type { ChangeCount } from '../tree/compare.ts';

/** What info.json holds; docs/format.md says what each part means. */
export interface Info {
  readonly version: 1;
  readonly tool: string;
  readonly name: string;
  readonly host: string;
  readonly source: string;
  readonly destination: string;
  readonly time: { readonly started: string; readonly finished: string };
  readonly strategy: 'incremental' | 'full';
  readonly format: PackFormat;
  readonly hash: {
    readonly algorithm: 'blake3';
    readonly tree: string;
    readonly folders: Readonly<Record<string, string>>;
  };
  readonly count: { readonly files: number; readonly folders: number; readonly links: number };
  readonly bytes: number;
  readonly change: ChangeCount;
  readonly previous: string | null;
  readonly archives: readonly ArchiveInfo[];
  readonly index: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly skipped: readonly SkippedPath[];
}

export type PackFormat = 'tar.zst' | 'zip';

/** An archive that holds content of a snapshot. */
export interface ArchiveInfo {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Files of this snapshot whose content lies in it. */
  readonly entries: number;
  /** Their sizes, added up. */
  readonly liveBytes: number;
}

/** An entry that is not in the snapshot as the source has it; one of the two paths is there. */
export interface SkippedPath {
  readonly path?: string | undefined;
  readonly pathBase64?: string | undefined;
  readonly reason: string;
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();
/** A plain name: nothing that leads out of the snapshot's folder. */
const fileName = z
  .string()
  .regex(/^[^/\\\0]+$/)
  .refine((name) => name !== '.' && name !== '..');

const infoSchema: z.ZodType<Info> = z.object({
  version: z.literal(1),
  tool: z.string(),
  name: fileName,
  host: z.string(),
  source: z.string(),
  destination: z.string(),
  time: z.object({ started: z.iso.datetime(), finished: z.iso.datetime() }),
  strategy: z.enum(['incremental', 'full']),
  format: z.enum(['tar.zst', 'zip']),
  hash: z.object({ algorithm: z.literal('blake3'), tree: sha256, folders: z.record(z.string(), sha256) }),
  count: z.object({ files: count, folders: count, links: count }),
  bytes: count,
  change: z.object({ added: count, modified: count, removed: count }),
  previous: z.string().nullable(),
  archives: z.array(z.object({ file: fileName, bytes: count, sha256, entries: count, liveBytes: count })),
  index: z.object({ file: fileName, bytes: count, sha256 }),
  skipped: z.array(
    z.object({ path: z.string().optional(), pathBase64: z.string().optional(), reason: z.string() }),
  ),
});

/** `info` as it is written: indented, keys in the order of the schema, nothing that readers would refuse. */
export function formatInfo(info: Info): string {
  return `${JSON.stringify(infoSchema.parse(info), undefined, 2)}\n`;
}

/**
 * Reads an info.json.
 *
 * @param where - The file, for messages.
 * @throws {@link SnapshotError} `E_DAMAGED` that says where it is wrong.
 */
export function parseInfo(text: string, where: string): Info {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SnapshotError('E_DAMAGED', `"${where}" is damaged: it is not JSON`, { cause: error });
  }
  const result = infoSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'its top' : `\`${issue.path.join('.')}\``;
  throw new SnapshotError('E_DAMAGED', `"${where}" is damaged at ${place}: ${issue?.message ?? 'unknown'}`, {
    cause: result.error,
  });
}
