// Asks of many files at once whether they are there: POST /v1/check.
import { isCount, isHash } from '../library/journal-lines.ts';
import { display } from '../../tree/path.ts';
import { readJson } from './read-json.ts';
import { Refusal } from '../refusal.ts';
import { type Asked, mayRead } from './environment.ts';

const MOST_FILES = 1000;

interface Question {
  readonly id: string | number;
  readonly size: number;
  readonly blake3: string;
}

/** `POST /v1/check`: of each file whether its content is there. */
export async function postCheck(asked: Asked): Promise<Response> {
  const library = asked.get('library');
  const questions = questionsIn((await readJson(asked.env))['files']);
  const answers = await Promise.all(
    questions.map(async ({ id, size, blake3 }) => {
      const held = await library.find(blake3);
      if (held === undefined || held.size !== size) {
        const begun = library.resumed.begun(blake3, size, asked.get('token').id);
        if (begun === undefined) return { id, status: 'need' };
        return { id, status: 'partial', upload: `/v1/uploads/${begun.id}`, offset: begun.offset };
      }
      return { id, status: 'have', ...(mayRead(asked) ? { path: display(held.path) } : {}) };
    }),
  );
  return asked.json({ files: answers });
}

/** @throws {@link Refusal} 400 when `value` is no list of files, or too long. */
function questionsIn(value: unknown): readonly Question[] {
  if (!Array.isArray(value) || value.length > MOST_FILES)
    throw new Refusal(400, `\`files\` is to be a list of ${MOST_FILES} files at most`);
  return value.map((one: unknown) => {
    const { id, size, blake3 } = (one ?? {}) as Readonly<Record<string, unknown>>;
    const isId = typeof id === 'string' || typeof id === 'number';
    if (isId && isCount(size) && isHash(blake3)) return { id, size, blake3 };
    throw new Refusal(
      400,
      'Each file is to have an `id`, its `size` in bytes, and its `blake3`: 64 hexadecimal digits',
    );
  });
}
