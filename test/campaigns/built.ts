// The built program, from within: campaigns run in the checkout's folder.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as FileCalls from '../../src/base/file-calls.ts';
import type * as Run from '../../src/jobs/run/run.ts';
import type * as Verify from '../../src/jobs/verify/verify.ts';
import type * as Series from '../../src/series/series.ts';
import type * as LocalStore from '../../src/store/local/local-store.ts';

/** @param file - Below `dist/`, made of the source of the same name. */
async function built(file: string): Promise<unknown> {
  return await import(pathToFileURL(join(process.cwd(), 'dist', file)).href);
}

export const fileCalls: typeof FileCalls = (await built('base/file-calls.js')) as typeof FileCalls;
export const runJob: typeof Run = (await built('jobs/run/run.js')) as typeof Run;
export const verifyJob: typeof Verify = (await built('jobs/verify/verify.js')) as typeof Verify;
export const series: typeof Series = (await built('series/series.js')) as typeof Series;
export const localStore: typeof LocalStore = (await built('store/local/local-store.js')) as typeof LocalStore;
