import { formatBytes, formatCountOf, formatDuration } from '../../base/amounts.ts';
import { printable, SnapshotError } from '../../base/errors.ts';
import {
  upload,
  type UploadedFile,
  type UploadOptions,
  type UploadResult,
} from '../../jobs/upload/upload.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { certificateIn, serverToken } from '../options/server-token.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { ProgressMeter } from '../views/progress-meter.ts';

export interface UploadCommandOptions extends CommonOptions {
  readonly url: string;
  readonly paths: readonly string[];
  readonly to: string | undefined;
  readonly tokenFile: string | undefined;
  readonly cacert: string | undefined;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly rename: boolean;
  readonly dryRun: boolean;
  readonly receipt: string | undefined;
  readonly watch: boolean;
}

/** Uploads files and folders to a served library. */
export async function uploadCommand(options: UploadCommandOptions, terminal: Terminal): Promise<number> {
  const { json, quiet, dryRun } = options;
  if (options.watch && dryRun) throw new SnapshotError('E_USAGE', '--watch does not go with --dry-run');
  const token = await serverToken(options.tokenFile);
  const ca = options.cacert === undefined ? undefined : await certificateIn(options.cacert);
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  const line = terminal.status(!json && !quiet);
  const meter = new ProgressMeter();
  const begun = performance.now();
  try {
    const uploading: UploadOptions = {
      ...options,
      to: options.to?.replace(/\/+$/, '') ?? '',
      paths: options.paths.map(String),
      include: options.include.map(String),
      exclude: options.exclude.map(String),
      token,
      ca,
      signal: stop.signal,
      onFile: (file) => {
        line.clear();
        showFile(file, options, terminal);
      },
      onProgress: (progress) => {
        const now = performance.now();
        meter.update(progress, now);
        line.show(meter.line(now, terminal));
      },
    };
    if (options.watch) return await watchAndUpload(uploading, options, line, terminal);
    const result = await upload(uploading);
    line.clear();
    return showEnd(result, performance.now() - begun, { event: 'end', json, quiet, dryRun }, terminal);
  } catch (error) {
    line.clear();
    if (!stop.signal.aborted) throw error;
    const hint = 'What was sent stays there: the same command goes on.';
    throw new SnapshotError('E_STOPPED', 'Stopped by the user', { cause: error, hint });
  } finally {
    line.clear();
    stop.dispose();
  }
}

/** Goes on until Ctrl-C, which is its usual end. */
async function watchAndUpload(
  uploading: UploadOptions,
  options: UploadCommandOptions,
  line: ReturnType<Terminal['status']>,
  terminal: Terminal,
): Promise<number> {
  const { keepUploaded } = await import('../../jobs/upload/keep-uploaded.ts');
  const { json, quiet, paths } = options;
  if (!json && !quiet)
    terminal.out(`uploading what comes to ${paths.map(printable).join(', ')}; Ctrl-C ends it`);
  const status = await keepUploaded({
    ...uploading,
    told: (result, ms) => {
      line.clear();
      showEnd(result, ms, { event: 'round', json, quiet, dryRun: false }, terminal);
    },
    failed: (error) => {
      line.clear();
      terminal.err(`warning: ${error.message}; it is tried again`);
    },
  });
  if (json) terminal.out(JSON.stringify({ event: 'end', status }));
  return status;
}

function showFile(file: UploadedFile, { json, quiet }: UploadCommandOptions, terminal: Terminal): void {
  const { name, size, status, reason = '', path } = file;
  if (json) terminal.out(JSON.stringify({ event: 'file', ...file }));
  else if (status === 'failed')
    terminal.err(`${terminal.style('yellow', printable(path))}: ${printable(reason)}`);
  else if (status === 'needed' && !quiet)
    terminal.out(`${printable(name)}  ${terminal.style('dim', formatBytes(size))}`);
}

function showEnd(
  result: UploadResult,
  ms: number,
  { event, json, quiet, dryRun }: Pick<UploadCommandOptions, 'json' | 'quiet' | 'dryRun'> & { event: string },
  terminal: Terminal,
): number {
  const { files, stored, known, needed, bytes, links, problems } = result;
  const status = problems.length > 0 ? 3 : 0;
  if (json) {
    const seconds = Math.round(ms) / 1000;
    terminal.out(JSON.stringify({ event, status, ...result, seconds }));
    return status;
  }
  if (!quiet) {
    const moved = dryRun
      ? `${formatCountOf(needed, 'file')} would be sent, ${formatBytes(bytes)}`
      : `${formatCountOf(stored, 'file')} sent, ${formatBytes(bytes)}`;
    const there = known > 0 ? `; ${formatCountOf(known, 'was', 'were')} there already` : '';
    const left = links > 0 ? `; ${formatCountOf(links, 'link')} left out` : '';
    terminal.out(`${moved}${there}${left}  ${terminal.style('dim', formatDuration(ms))}`);
    if (!dryRun && status === 0 && files > 0)
      terminal.out(
        terminal.style('green', `${formatCountOf(files, 'file is', 'files are')} there, verified`),
      );
  }
  if (status !== 0) terminal.err(`${formatCountOf(problems.length, 'problem')}: these files are not there`);
  return status;
}
