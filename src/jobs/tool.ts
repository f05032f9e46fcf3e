import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** This program's version. */
export const VERSION: string = version;

/** What info.json says of the program that wrote it. */
export const TOOL: string = `snapshot ${version}`;
