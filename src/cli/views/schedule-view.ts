import type { ScheduleEvent } from '../../jobs/schedule/schedule.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { formatCountOf, formatDuration } from '../../base/amounts.ts';
import { localTime } from './local-time.ts';
import type { Terminal } from '../terminal.ts';

/** Shows what a schedule tells. @param timezone - Of the times that are shown; default: that of this machine. */
export function scheduleView(
  { json, quiet }: CommonOptions,
  timezone: string | undefined,
  terminal: Terminal,
): (event: ScheduleEvent) => void {
  if (json) return (event) => terminal.out(JSON.stringify(event));
  if (quiet) return () => {};
  return (event) => terminal.out(textOf(event, timezone));
}

function textOf(event: ScheduleEvent, timezone: string | undefined): string {
  switch (event.event) {
    case 'first':
      return 'Something in this plan has never been backed up: running now.';
    case 'missed':
      return `${formatCountOf(event.count, 'run')} missed since ${localTime(event.due, timezone)}: running now.`;
    case 'next': {
      const left = formatDuration(Math.max(1000, event.at.getTime() - Date.now()));
      return `Next run: ${localTime(event.at, timezone)}, in ${left}.`;
    }
  }
}
