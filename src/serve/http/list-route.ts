// What a library has, for people: GET /v1/list and GET /v1/account.
import { type BytePath, toText } from '../../tree/path.ts';
import { checkName } from '../library/file-name.ts';
import { listFolder, nameOf, type Page, searchFiles } from '../library/listing.ts';
import { Refusal } from '../refusal.ts';
import { type Asked, mayRead, mustRead } from './environment.ts';

const MOST = 1000;
const USUAL = 200;

/** `GET /v1/list?folder=PATH` or `?search=TEXT`; `limit=N&after=NEXT` for further pages. */
export function getList(asked: Asked): Response {
  mustRead(asked);
  const { folder = '', search = '', after, limit: asText = String(USUAL) } = asked.req.query();
  const limit = Number(asText);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new Refusal(400, `\`limit\` is to be a number from 1 to ${MOST}`);
  const page: Page = { after, limit };
  const { holdings } = asked.get('library');
  const at = folderOf(folder);
  const { folders, files, next } =
    search === '' ? listFolder(holdings.all(), at, page) : searchFiles(holdings.all(), search, page);
  return asked.json({
    folder,
    folders: folders.map((one) => ({
      name: nameOf(one.path),
      path: toText(one.path),
      files: one.files,
      bytes: one.bytes,
    })),
    // A path that is no text cannot be asked for: it is shown by its name alone.
    files: files.map(({ path, size, mtimeMs, blake3, by, atMs }) => ({
      name: nameOf(path),
      path: toText(path),
      size,
      modified: mtimeMs,
      blake3,
      by,
      at: atMs,
    })),
    next,
  });
}

/** `GET /v1/account`: whom a token is of, and what it may; how much there is only for tokens that may read. */
export function getAccount(asked: Asked): Response {
  const { account, scope, id } = asked.get('token');
  const { holdings } = asked.get('library');
  const amounts = mayRead(asked) ? { files: holdings.size, bytes: holdings.bytes } : {};
  return asked.json({ account, scope, token: id, ...amounts });
}

/** The folder that `text` means; the top when it is empty. @throws {@link Refusal} 403 when it leads elsewhere. */
export function folderOf(text: string): BytePath {
  return text === '' ? ('' as BytePath) : checkName(text);
}
