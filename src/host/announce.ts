import { execFile } from 'node:child_process';
import { answerOf, type Command, type Host, THIS_HOST } from './shutdown.ts';

/** A program that tells those who are logged in. */
interface Announcement extends Command {
  /** What it reads from its standard input; nothing when undefined. */
  readonly input: string | undefined;
}

/** Runs a program to its end; rejects when it is missing or its exit status is not 0. */
type RunWithInput = (announcement: Announcement) => Promise<unknown>;

/** A terminal that does not take the message must not hold the shutdown up. */
const TIMEOUT_MS = 10_000;

/**
 * The programs that show `text` to all who are logged in to `host`; all of them are run.
 *
 * @param text - Without quotes or backslashes.
 * @param seconds - For so long it stays on a Windows screen.
 */
export function announcements(host: Host, text: string, seconds: number): readonly Announcement[] {
  if (host.platform === 'win32') {
    const file = `${host.systemRoot}\\System32\\msg.exe`;
    return [{ file, args: ['*', `/TIME:${seconds}`, text], input: undefined }];
  }
  // From its input: the one of BusyBox and that of macOS take no text as an argument.
  const wall: Announcement = { file: 'wall', args: [], input: `${text}\n` };
  if (host.platform !== 'darwin' || host.isRoot) return [wall];
  const script = `display notification "${text}" with title "snapshot"`;
  return [wall, { file: '/usr/bin/osascript', args: ['-e', script], input: undefined }];
}

/**
 * Tells all who are logged in.
 *
 * @returns Why nobody was told, for people; undefined when one of the programs worked.
 */
export async function tellUsers(
  text: string,
  seconds: number,
  { host = THIS_HOST, run = runWithInput }: { readonly host?: Host; readonly run?: RunWithInput } = {},
): Promise<string | undefined> {
  const failures: string[] = [];
  const all = announcements(host, text, seconds);
  for (const announcement of all) {
    try {
      await run(announcement);
    } catch (error) {
      failures.push(`${announcement.file}: ${answerOf(error)}`);
    }
  }
  if (failures.length < all.length) return undefined;
  return `Cannot tell other users of this machine: ${failures.join('; ')}`;
}

async function runWithInput({ file, args, input }: Announcement): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const child = execFile(file, args, { timeout: TIMEOUT_MS }, (error, _, stderr) => {
      if (error === null) resolve();
      else reject(Object.assign(error, { stderr }));
    });
    // One that ends without reading says by its status whether that was well.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
