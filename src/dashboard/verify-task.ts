// Verifies one row, as `snapshot verify` does.
import { commandLine } from '../base/command-line.ts';
import { recallHere } from '../jobs/status/memory.ts';
import { damageLine, drillLines, lostLine, verifyEndLines } from '../jobs/verify/end-lines.ts';
import { verifyEach } from '../jobs/verify/verify-each.ts';
import type { VerifyEnd, VerifyEvent } from '../jobs/verify/verify-events.ts';
import type { Plan } from '../plan/plan.ts';
import type { PageRow } from './rows.ts';
import type { TaskEnd, TaskReport } from './tasks.ts';

/** How much is looked at: names, sizes and small files; every byte; or besides the first, what RESTORE.txt gives back. */
export const VERIFY_DEPTHS = ['quick', 'full', 'drill'] as const;
export type VerifyDepth = (typeof VERIFY_DEPTHS)[number];

const PLAIN = { style: (_: string, text: string): string => text };

/** The command that does what {@link verifyTask} does. */
export function verifyCommandLine(word: string, depth: VerifyDepth): string {
  const more = { quick: '', full: ' --level full', drill: ' --drill' } as const;
  return commandLine(`verify ${word}${more[depth]}`);
}

export async function verifyTask(
  { series }: PageRow,
  plan: Plan,
  depth: VerifyDepth,
  report: TaskReport,
  signal: AbortSignal,
): Promise<TaskEnd> {
  const drills: string[] = [];
  const wanted = {
    at: undefined,
    level: depth === 'full' ? 'full' : 'quick',
    drill: depth === 'drill',
    repair: false,
    isNamed: true,
    signal,
    report: (event: VerifyEvent) => void drills.push(...told(event, report)),
  } as const;
  const ends: VerifyEnd[] = [];
  for await (const end of verifyEach([series], plan, wanted, recallHere(report.note))) ends.push(end);
  const lines = ends.flatMap((end) =>
    end.nothing === undefined ? verifyEndLines(end, PLAIN) : [end.nothing],
  );
  const [end] = ends;
  return {
    said: [...lines, ...drills].join('\n'),
    status: end?.status ?? 1,
    counts: { damages: end?.damages ?? 0, lost: end?.lost ?? 0 },
    error: null,
  };
}

/** Hands `event` on. @returns What is to stand at the end. */
function told(event: VerifyEvent, report: TaskReport): readonly string[] {
  if (event.event === 'progress' && event.phase === 'read') {
    const { series: row, done: bytes, total: totalBytes } = event;
    report.progress({
      event: 'progress',
      row,
      phase: 'verify',
      files: 0,
      bytes,
      totalFiles: undefined,
      totalBytes,
    });
  } else if (event.event === 'note') report.note(event.message);
  else if (event.event === 'damage') report.problem(damageLine(event, PLAIN));
  else if (event.event === 'lost') report.problem(lostLine(event, PLAIN));
  return event.event === 'drill' ? drillLines(event, PLAIN) : [];
}
