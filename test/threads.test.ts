// What threads of one process share: V8's flags, which one must not take from another.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NODE, tool } from './support/command.ts';

/** Threads that begin at once, again and again; prints what any of them died of. */
const SCRIPT = `
import { Worker } from 'node:worker_threads';
const code = "import(" + JSON.stringify(process.argv[1]) + ").then(async ({ loadCompressor }) => {" +
  " for (let i = 0; i < 20; i++) await loadCompressor(); })";
const start = () => new Promise((done) => {
  new Worker(code, { eval: true }).on('error', (error) => console.log(String(error))).on('exit', done);
});
for (let round = 0; round < 10; round++) await Promise.all([start(), start(), start(), start()]);
`;

describe('the compressor', () => {
  it('loads in many threads at once', () => {
    const module = new URL('../dist/format/zstd/zstd.js', import.meta.url);
    expect(
      tool(
        NODE,
        ['--input-type=module', '-e', SCRIPT, module.href],
        fileURLToPath(new URL('..', import.meta.url)),
      ),
    ).toBe('');
  });
});
