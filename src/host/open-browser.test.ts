import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { browserCommand, openBrowser } from './open-browser.ts';

describe('a browser', () => {
  it.each([
    ['linux', {}, undefined],
    ['linux', { DISPLAY: '' }, undefined],
    ['linux', { DISPLAY: ':0' }, 'xdg-open'],
    ['freebsd', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
    ['darwin', {}, 'open'],
    ['win32', {}, 'rundll32'],
  ] as const)('on %s with %j is opened by %s', (platform, env, program) => {
    expect(browserCommand(platform, env)?.[0]).toBe(program);
  });

  it.skipIf(process.platform === 'win32')('gets the address as it is, through no shell', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-browser-'));
    const path = process.env['PATH'];
    onTestFinished(() => {
      process.env['PATH'] = path;
      rmSync(folder, { recursive: true });
    });
    writeFileSync(
      join(folder, 'xdg-open'),
      `#!/bin/sh\nprintf %s "$1" > ${folder}/part\nmv ${folder}/part ${folder}/opened\n`,
      {
        mode: 0o755,
      },
    );
    process.env['PATH'] = `${folder}:${path}`;
    const opened = new Promise<void>((resolve) => {
      const watcher = watch(folder, (_, name) => {
        if (name !== 'opened') return;
        watcher.close();
        resolve();
      });
    });
    const url = 'https://example.com/?a=$(id)&b=`c`';
    expect(openBrowser(url, 'linux', { DISPLAY: ':0' })).toBe(true);
    await opened;
    expect(readFileSync(join(folder, 'opened'), 'utf8')).toBe(url);
    expect(openBrowser(url, 'linux', {})).toBe(false);
  });
});
