// The plan, when a series of it gets another name: written beside the old one, and put in its place when the series has moved.
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { files } from '../../base/file-calls.ts';
import { type Hindrance, withName } from '../../plan/rename-row.ts';
import { parsePlan, type Plan, type Row } from '../../plan/plan.ts';
import { attempt, closing, flushFolder } from '../../store/attempt.ts';

/** What to write into the plan by hand. */
const BY_HAND: Readonly<Record<Hindrance, (row: Row, name: string) => string>> = {
  'no column': ({ line }, name) =>
    `Add a column \`name\` to the plan, and write \`${name}\` there in line ${line}.`,
  glob: ({ line, source }, name) =>
    `Line ${line} of the plan is a glob, whose rows are named after what it matches: give "${source}" a row of its own with \`${name}\` in the column \`name\`, and see that the glob does not match it.`,
  'no place': ({ line }, name) => `Write \`${name}\` into the column \`name\` in line ${line} of the plan.`,
};

export class PlanRewrite {
  readonly #file: string;
  readonly #part: string;

  private constructor(file: string) {
    this.#file = file;
    this.#part = `${file}.part`;
  }

  /**
   * Writes `plan` with another name for the series of `row` beside it, with the mode and owner of the old one.
   *
   * @returns What to do by hand, where the plan cannot be rewritten.
   * @throws {@link PlanError} when it would have problems then; {@link SnapshotError} `E_STORE` when it cannot be written.
   */
  static async prepare(plan: Plan, row: Row, name: string): Promise<PlanRewrite | string> {
    // The plan itself may be reached over a link, which stays.
    const file = await attempt('look at', plan.file, async () => await realpath(plan.file));
    const old = await attempt('read', file, async () => await files.open(file, 'r'));
    const { bytes, stats } = await closing(old, file, async () =>
      attempt('read', file, async () => ({ bytes: await old.readFile(), stats: await old.stat() })),
    );
    const changed = withName(bytes, row.line, name);
    if (typeof changed === 'string') return BY_HAND[changed](row, name);
    await parsePlan(changed, plan.file);
    const rewrite = new PlanRewrite(file);
    try {
      await attempt('remove', rewrite.#part, async () => await files.unlink(rewrite.#part), undefined);
      const part = await attempt(
        'write',
        rewrite.#part,
        async () => await files.open(rewrite.#part, 'wx', 0o600),
      );
      await closing(part, rewrite.#part, async () =>
        attempt('write', rewrite.#part, async () => {
          await part.writeFile(changed);
          // Who may not give files away leaves it to the group that he is in.
          await part.chown(stats.uid, stats.gid).catch(() => {});
          await part.chmod(stats.mode & 0o7777);
          await part.sync();
        }),
      );
    } catch (error) {
      await rewrite.discard();
      throw error;
    }
    return rewrite;
  }

  /** Puts it in the place of the old one. @throws {@link SnapshotError} `E_STORE` */
  async commit(): Promise<void> {
    await attempt('write', this.#file, async () => await files.rename(this.#part, this.#file));
    await flushFolder(dirname(this.#file));
  }

  /** Gives up. Never throws. */
  async discard(): Promise<void> {
    await files.unlink(this.#part).catch(() => {});
  }
}
