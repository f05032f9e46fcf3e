import path from 'node:path';
import type { Cron } from './cron.ts';
import { entriesIn } from './entry-files.ts';
import { cannotSay, type Entry, fieldsOf, servesOthers, staysUp, tagOf } from './entry.ts';
import { type Draft, must, removeOurs, type Scheduler, type SchedulerHost, writeOurs } from './scheduler.ts';
import { escapeXml } from './xml.ts';

/** launchd has no lists: each combination is an interval of its own. */
const MOST_INTERVALS = 500;

/** Started again when it has failed. */
const KEPT_ALIVE =
  '\n  <key>KeepAlive</key>\n  <dict>\n    <key>SuccessfulExit</key>\n    <false/>\n  </dict>';

const STEPS_ASIDE = '\n  <key>LowPriorityIO</key>\n  <true/>\n  <key>Nice</key>\n  <integer>10</integer>';

/** The property list of `entry`, see launchd.plist(5). What it prints goes to `logFile`. */
export function launchdPlist(entry: Entry, logFile: string): string {
  const stays = staysUp(entry);
  const when =
    entry.when === 'boot'
      ? `  <key>RunAtLoad</key>\n  <true/>${stays ? KEPT_ALIVE : ''}`
      : `  <key>StartCalendarInterval</key>\n  <array>\n${calendarIntervals(entry.when).join('\n')}\n  </array>`;
  // caffeinate keeps the machine awake as long as its command runs.
  const words = stays ? entry.command : ['/usr/bin/caffeinate', '-i', ...entry.command];
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by \`snapshot schedule install\`, which replaces it; \`snapshot schedule remove\` takes it away. -->
<!-- ${tagOf(entry)} -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${labelOf(entry.name)}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${escapeXml(word)}</string>`).join('\n')}
  </array>
${when}${servesOthers(entry) ? '' : STEPS_ASIDE}
  <key>StandardOutPath</key>
  <string>${escapeXml(logFile)}</string>
  <key>StandardErrorPath</key>
  <string>${escapeXml(logFile)}</string>
</dict>
</plist>
`;
}

function calendarIntervals(cron: Cron): readonly string[] {
  const { minutes, hours, days, months, weekdays } = fieldsOf(cron, 'launchd');
  const keys = [
    ['Month', months],
    ['Day', days],
    ['Weekday', weekdays],
    ['Hour', hours],
    ['Minute', minutes],
  ] as const;
  let intervals: readonly string[] = [''];
  for (const [key, values] of keys) {
    if (values === undefined) continue;
    if (intervals.length * values.length > MOST_INTERVALS) {
      throw cannotSay(cron, 'launchd', `that would be more than ${MOST_INTERVALS} entries`);
    }
    intervals = intervals.flatMap((interval) =>
      values.map((value) => `${interval}      <key>${key}</key>\n      <integer>${value}</integer>\n`),
    );
  }
  return intervals.map((interval) => `    <dict>\n${interval}    </dict>`);
}

function labelOf(name: string): string {
  return `local.snapshot.${name}`;
}

/** launchd of macOS: root's are daemons, those of others run while they are logged in. */
export function launchd(host: SchedulerHost): Scheduler {
  const library = host.isRoot ? '/Library' : path.posix.join(host.home, 'Library');
  const folder = path.posix.join(library, host.isRoot ? 'LaunchDaemons' : 'LaunchAgents');
  const domain = host.isRoot ? 'system' : `gui/${host.uid}`;
  const fileOf = (name: string): string => path.posix.join(folder, `${labelOf(name)}.plist`);
  // Not in the folder of the log, which launchd would not make.
  const logOf = (name: string): string => path.posix.join(library, 'Logs', `${labelOf(name)}.log`);
  const draft = (entry: Entry): Draft => ({
    place: fileOf(entry.name),
    text: launchdPlist(entry, logOf(entry.name)),
  });
  const list: Scheduler['list'] = async () => await entriesIn(folder, /^local\.snapshot\..+\.plist$/);
  // It fails when it is not loaded, and then there is nothing to do.
  const unload = async (name: string): Promise<unknown> =>
    await host.run('launchctl', ['bootout', `${domain}/${labelOf(name)}`]);
  return {
    kind: 'launchd',
    hint: host.isRoot ? undefined : 'It runs while you are logged in.',
    isHere: async () => (await host.run('launchctl', ['print', domain])).status === 0,
    drafts: (entry) => [draft(entry)],
    async install(entry) {
      const { place, text } = draft(entry);
      await writeOurs(place, text);
      await unload(entry.name);
      await must(host, 'launchctl', ['bootstrap', domain, place]);
    },
    list,
    async remove(name) {
      if (!(await list()).some((entry) => entry.name === name)) return false;
      await unload(name);
      return await removeOurs(fileOf(name));
    },
  };
}
