#!/usr/bin/env node
import process from 'node:process';
import { startEarly } from '../tree/scan-thread.ts';

const args = process.argv.slice(2);
// Before anything else is loaded, as the thread takes as long to start as that does.
if (args[0] === 'run' && hasFolder()) startEarly();
const { runCli } = await import('./cli.ts');

process.exitCode = await runCli(args);

/** Whether the folder that this was started in is there: threads need one, and who does not is told. */
function hasFolder(): boolean {
  try {
    return process.cwd() !== '';
  } catch {
    return false;
  }
}
