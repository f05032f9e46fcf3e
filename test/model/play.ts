import { keepThreads } from '../support/lasting-threads.ts';
import { Model, type Tally } from './model.ts';
import { asOrdinary, asStarter } from './ordinary.ts';
import { shorten } from './shorten.ts';
import type { Step } from './steps.ts';

keepThreads();

/** How long it is tried to make a history shorter that went wrong. */
const SHORTEN_MS = 60_000;

/** Goes through a history from an empty folder on; throws where the program and the model differ. */
export async function play(steps: readonly Step[], tally: Tally = {}): Promise<void> {
  const zone = process.env['TZ'];
  await asOrdinary(async (isOrdinary) => {
    const model = new Model(tally, isOrdinary);
    try {
      for (const step of steps) await model.apply(step);
      await model.end();
    } finally {
      asStarter(() => model.remove());
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
}

/** As {@link play}; what it throws has a short history that fails, to be kept as a test. */
export async function prove(steps: readonly Step[], tally: Tally = {}): Promise<void> {
  const failure = await failureOf(steps, tally);
  if (failure === undefined) return;
  const deadlineMs = performance.now() + SHORTEN_MS;
  const fails = async (some: readonly Step[]): Promise<boolean> => {
    const other = await failureOf(some);
    return other !== undefined && kindOf(other) === kindOf(failure);
  };
  const shortest = await shorten(steps, fails, deadlineMs);
  const cause = (await failureOf(shortest)) ?? failure;
  const lines = shortest.map((step) => `  ${JSON.stringify(step)},`).join('\n');
  const count = `${shortest.length} steps`;
  throw new Error(`${count} that go wrong:\n[\n${lines}\n]\n${cause.stack}`, { cause: failure });
}

/** Names and times differ from one run of a history to the next. */
function kindOf({ message }: Error): string {
  return message.split('\n', 1)[0]?.replaceAll(/"[^"]*"|'[^']*'|\d+/g, '') ?? '';
}

async function failureOf(steps: readonly Step[], tally: Tally = {}): Promise<Error | undefined> {
  try {
    await play(steps, tally);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
