import path from 'node:path';
import type { Cron } from './cron.ts';
import { entriesIn } from './entry-files.ts';
import { type Entry, fieldsOf, servesOthers, staysUp, tagOf } from './entry.ts';
import { type Draft, must, removeOurs, type Scheduler, type SchedulerHost, writeOurs } from './scheduler.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

// polkit lets those who are logged in at the machine keep it awake, and others not. A backup that is not allowed to
// is still made.
const KEEP_AWAKE = [
  'if systemd-inhibit --what=sleep true 2>/dev/null; then',
  'exec systemd-inhibit --what=sleep --who=snapshot --why=Backup "$@"; fi; exec "$@"',
].join(' ');

const STEPS_ASIDE = 'Nice=10\nIOSchedulingClass=idle\nCPUSchedulingPolicy=batch\n';

/** The two units of `entry`: see systemd.service(5), systemd.timer(5). */
export function systemdUnits(entry: Entry): { readonly service: string; readonly timer: string } {
  const head = `# Written by \`snapshot schedule install\`, which replaces it; \`snapshot schedule remove\` takes it away.
# ${tagOf(entry)}
[Unit]
Description=snapshot: ${entry.name}
`;
  const onFailure = entry.onFailure === undefined ? '' : `OnFailure=${entry.onFailure}\n`;
  const stays = staysUp(entry);
  const words = stays ? entry.command : ['/bin/sh', '-c', KEEP_AWAKE, 'snapshot', ...entry.command];
  const command = words.map(quoted).join(' ');
  const when =
    entry.when === 'boot'
      ? `OnStartupSec=${stays ? '10s' : '2min'}`
      : `OnCalendar=${onCalendar(entry.when)}\n# What was missed while the machine was off is made up for.\nPersistent=true`;
  return {
    service: `${head}${onFailure}
[Service]
Type=${stays ? 'exec' : 'oneshot'}
ExecStart=${command}
${stays ? 'Restart=on-failure\nRestartSec=60\n' : ''}# Another run holds the lock, or somebody has stopped it: no failure.
SuccessExitStatus=11 130
${servesOthers(entry) ? '' : STEPS_ASIDE}`,
    timer: `${head}
[Timer]
${when}

[Install]
WantedBy=timers.target
`,
  };
}

/** `cron` as systemd.time(7) has it. */
export function onCalendar(cron: Cron): string {
  const { minutes, hours, days, months, weekdays } = fieldsOf(cron, 'systemd');
  const day = weekdays === undefined ? '' : `${weekdays.map((weekday) => WEEKDAYS[weekday]).join(',')} `;
  return `${day}*-${listed(months)}-${listed(days)} ${listed(hours)}:${listed(minutes)}:00`;
}

function listed(values: readonly number[] | undefined): string {
  return values?.map((value) => String(value).padStart(2, '0')).join(',') ?? '*';
}

/** In quotes, as systemd.service(5) reads command lines: `%` and `$` mean something to it, too. */
function quoted(word: string): string {
  return `"${word
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$')}"`;
}

/** Timers of systemd: root's are those of the system, those of others run while they are logged in. */
export function systemd(host: SchedulerHost): Scheduler {
  const config = host.env['XDG_CONFIG_HOME'] ?? '';
  const ownConfig = path.posix.isAbsolute(config) ? config : path.posix.join(host.home, '.config');
  const folder = host.isRoot ? '/etc/systemd/system' : path.posix.join(ownConfig, 'systemd', 'user');
  const scope = host.isRoot ? [] : ['--user'];
  const fileOf = (name: string, kind: string): string => path.posix.join(folder, `snapshot-${name}.${kind}`);
  const drafts = (entry: Entry): readonly Draft[] => {
    const { service, timer } = systemdUnits(entry);
    return [
      { place: fileOf(entry.name, 'service'), text: service },
      { place: fileOf(entry.name, 'timer'), text: timer },
    ];
  };
  return {
    kind: 'systemd',
    hint: host.isRoot
      ? undefined
      : 'It runs while you are logged in. `loginctl enable-linger` makes it run when you are not.',
    drafts,
    isHere: async () => (await host.run('systemctl', [...scope, 'show-environment'])).status === 0,
    async install(entry) {
      // Before anything is written: without a manager there is nobody to read it.
      await must(host, 'systemctl', [...scope, 'show-environment']);
      for (const { place, text } of drafts(entry)) await writeOurs(place, text);
      await must(host, 'systemctl', [...scope, 'daemon-reload']);
      await must(host, 'systemctl', [...scope, 'enable', `snapshot-${entry.name}.timer`]);
      // A timer that runs goes on as it was until it is started anew.
      await must(host, 'systemctl', [...scope, 'restart', `snapshot-${entry.name}.timer`]);
      // One that was there goes on with what it was told.
      if (staysUp(entry))
        await must(host, 'systemctl', [...scope, 'restart', `snapshot-${entry.name}.service`]);
    },
    list: async () => await entriesIn(folder, /^snapshot-.+\.timer$/),
    async remove(name) {
      const found = (await entriesIn(folder, /^snapshot-.+\.timer$/)).find((entry) => entry.name === name);
      if (found === undefined) return false;
      await must(host, 'systemctl', [...scope, 'disable', '--now', `snapshot-${name}.timer`]);
      if (staysUp(found)) await must(host, 'systemctl', [...scope, 'stop', `snapshot-${name}.service`]);
      for (const kind of ['timer', 'service']) await removeOurs(fileOf(name, kind));
      await must(host, 'systemctl', [...scope, 'daemon-reload']);
      return true;
    },
  };
}
