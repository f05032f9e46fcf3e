// What other programs can import: `import { run, restore } from 'snapshot'`. docs/api.md tells how.
export { exportSnapshot, type ExportCall, type ExportResult } from './api/export.ts';
export { list, type ListCall, type ListedSeries } from './api/list.ts';
export { restore, type RestoreCall, type RestoreResult } from './api/restore.ts';
export { run, type RunCall, type RunResult } from './api/run.ts';
export { verify, type VerifyCall, type VerifyResult } from './api/verify.ts';
export { type ErrorCode, SnapshotError } from './base/errors.ts';
export type { RowEnd, RunEvent } from './jobs/events.ts';
export type { ExportEvent, ExportProblem } from './jobs/export/export-events.ts';
export type { ExportFormat } from './jobs/export/formats.ts';
export type { ListedSnapshot } from './jobs/look/list.ts';
export type { RestoreEvent, RestoreProblem } from './jobs/restore/restore-events.ts';
export type { VerifyEnd, VerifyEvent } from './jobs/verify/verify-events.ts';
export { PlanError, type PlanProblem } from './plan/problem.ts';
