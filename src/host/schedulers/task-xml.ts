import { SnapshotError } from '../../base/errors.ts';
import type { Cron } from './cron.ts';
import { cannotSay, type Entry, fieldsOf, servesOthers, staysUp, tagOf } from './entry.ts';
import { escapeXml } from './xml.ts';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
/**
 * A task of Node itself would open a console window each time. The console host runs a program without one, since Windows 10,
 * version 1809. Source: `src/host/ConsoleArguments.cpp` of microsoft/terminal. The Task Scheduler replaces the variable.
 */
const WINDOWLESS = String.raw`%SystemRoot%\System32\conhost.exe`;

/** Started again when it has failed. */
const RESTARTED = `
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>`;

/** A task has room for so many triggers. */
const MOST_TRIGGERS = 48;

/**
 * The task of `entry` in the Task Scheduler schema, version 1.2 (MS-TSCH). It runs while the user is logged in: any
 * other way needs a password or the rights of an administrator.
 *
 * @param user - As `DOMAIN\user`.
 * @throws {@link SnapshotError} `E_USAGE` when a word has what the Task Scheduler would replace.
 */
export function taskXml(entry: Entry, user: string): string {
  const bad = entry.command.find((word) => /%|\$\(/.test(word));
  if (bad !== undefined) {
    throw new SnapshotError(
      'E_USAGE',
      `Cannot schedule "${bad}": the Task Scheduler replaces \`%\` and \`$(\``,
      {
        hint: 'Use a path without them.',
      },
    );
  }
  const triggers = entry.when === 'boot' ? [logonTrigger(user)] : calendarTriggers(entry.when);
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Written by \`snapshot schedule install\`; \`snapshot schedule remove\` takes it away. ${escapeXml(tagOf(entry))}</Description>
  </RegistrationInfo>
  <Triggers>
${triggers.join('\n')}
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${escapeXml(user)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>${servesOthers(entry) ? 5 : 7}</Priority>${staysUp(entry) ? RESTARTED : ''}
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${WINDOWLESS}</Command>
      <Arguments>${escapeXml(['--headless', ...entry.command].map(quoted).join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

function logonTrigger(user: string): string {
  return `    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${escapeXml(user)}</UserId>
      <Delay>PT2M</Delay>
    </LogonTrigger>`;
}

/** One for each time of day, as a trigger has only one. */
function calendarTriggers(cron: Cron): readonly string[] {
  fieldsOf(cron, 'the Task Scheduler');
  if (cron.hours.length * cron.minutes.length > MOST_TRIGGERS) {
    throw cannotSay(cron, 'the Task Scheduler', `a task has at most ${MOST_TRIGGERS} times of day`);
  }
  const days = daysOf(cron);
  return cron.hours.flatMap((hour) =>
    cron.minutes.map(
      (minute) => `    <CalendarTrigger>
      <StartBoundary>2026-01-01T${two(hour)}:${two(minute)}:00</StartBoundary>
      <Enabled>true</Enabled>
${days}
    </CalendarTrigger>`,
    ),
  );
}

function daysOf(cron: Cron): string {
  const { days, months, weekdays } = fieldsOf(cron, 'the Task Scheduler');
  if (weekdays !== undefined) {
    if (months !== undefined)
      throw cannotSay(cron, 'the Task Scheduler', 'it has weekdays, or months, but not both');
    return `      <ScheduleByWeek>
        <DaysOfWeek>${weekdays.map((weekday) => `<${WEEKDAYS[weekday]} />`).join('')}</DaysOfWeek>
        <WeeksInterval>1</WeeksInterval>
      </ScheduleByWeek>`;
  }
  if (days === undefined && months === undefined) {
    return '      <ScheduleByDay>\n        <DaysInterval>1</DaysInterval>\n      </ScheduleByDay>';
  }
  return `      <ScheduleByMonth>
        <DaysOfMonth>${cron.days.map((day) => `<Day>${day}</Day>`).join('')}</DaysOfMonth>
        <Months>${cron.months.map((month) => `<${MONTHS[month - 1]} />`).join('')}</Months>
      </ScheduleByMonth>`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** As programs on Windows take their command line apart: see CommandLineToArgvW. */
function quoted(word: string): string {
  if (/^[^\s"]+$/.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replace(/\\+$/, '$&$&')}"`;
}
