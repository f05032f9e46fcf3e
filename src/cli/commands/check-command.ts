import { check, type Finding } from '../../jobs/check.ts';
import { loadPlan } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { formatCountOf } from '../../base/amounts.ts';
import { recallFor } from '../state.ts';
import type { Terminal } from '../terminal.ts';
import { sentence } from '../views/wrap-words.ts';

const STYLE = { ok: 'green', warning: 'yellow', failure: 'red' } as const;
const WORD = { ok: 'ok', warning: 'warning', failure: 'FAILED' } as const;

export async function checkCommand(options: CommonOptions, terminal: Terminal): Promise<number> {
  const { json, quiet } = options;
  const plan = await loadPlan(options.plan);
  const rows = await check(plan, recallFor(terminal), new Date());
  const all = rows.map(({ row }) => row);
  const findings = rows.flatMap((row) => row.findings);
  const status = findings.some(({ level }) => level === 'failure') ? 1 : 0;
  if (json) {
    for (const { row, findings: ofRow } of rows) {
      terminal.out(JSON.stringify({ event: 'check', row: rowLabel(row, all), findings: ofRow }));
    }
    terminal.out(JSON.stringify({ event: 'end', status }));
    return status;
  }
  // Quiet leaves what is wrong, and that is no result.
  const print = quiet ? terminal.err : terminal.out;
  const show = ({ level, message }: Finding): void => {
    const head = `  ${terminal.style(STYLE[level], WORD[level].padEnd(7))}  `;
    print(sentence(head, message, terminal));
  };
  for (const { row, findings: ofRow } of rows) {
    const shown = quiet ? ofRow.filter(({ level }) => level !== 'ok') : ofRow;
    if (shown.length > 0) print(terminal.style('bold', rowLabel(row, all)));
    shown.forEach(show);
  }
  const inactive = plan.rows.length - rows.length;
  if (!quiet) {
    const rest = inactive === 0 ? '' : `, ${inactive} not active`;
    const warnings = findings.filter(({ level }) => level === 'warning').length;
    const verdict =
      rows.length === 0
        ? 'Nothing to do'
        : status !== 0
          ? 'Not ready'
          : warnings > 0
            ? 'Ready, with warnings'
            : 'Ready';
    const count = `${formatCountOf(rows.length, 'active row')} in ${plan.file}${rest}`;
    terminal.out(`${rows.length === 0 ? '' : '\n'}${sentence('', `${verdict}: ${count}`, terminal)}`);
  }
  return status;
}
