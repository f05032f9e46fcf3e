import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { MemoryObjects } from '../memory-objects.lab.ts';
import { AwayError, RetryObjects } from './retry-objects.ts';

/** Fails so many times before it answers. */
class Shaky extends MemoryObjects {
  failures: Error[] = [];
  tries = 0;

  override async get(key: string): Promise<Buffer | undefined> {
    this.tries++;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    return await super.get(key);
  }
}

const away = (): AwayError => new AwayError('Cannot reach "x"', { retryAfterMs: 1 });

function shaky(...failures: Error[]): { inner: Shaky; objects: RetryObjects } {
  const inner = new Shaky();
  inner.failures = failures;
  return { inner, objects: new RetryObjects(inner, 0.001) };
}

describe('RetryObjects', () => {
  it('asks again what is away', async () => {
    const { inner, objects } = shaky(away(), away());
    await objects.put('key', Buffer.from('x'));
    expect(String(await objects.get('key'))).toBe('x');
    expect(inner.tries).toBe(3);
  });

  it('gives up after a while, sooner where nothing was ever answered', async () => {
    const never = shaky(...Array.from({ length: 9 }, away));
    await expect(never.objects.get('key')).rejects.toMatchObject({ code: 'E_AWAY' });
    expect(never.inner.tries).toBe(3);
    const once = shaky(...Array.from({ length: 9 }, away));
    await once.objects.list('');
    await expect(once.objects.get('key')).rejects.toMatchObject({ code: 'E_AWAY' });
    expect(once.inner.tries).toBe(6);
  });

  it('does not ask again what will not change', async () => {
    const { inner, objects } = shaky(new SnapshotError('E_AUTH', 'no'));
    await expect(objects.get('key')).rejects.toMatchObject({ code: 'E_AUTH' });
    expect(inner.tries).toBe(1);
  });

  it('stops waiting when it is told to', async () => {
    const inner = new Shaky();
    inner.failures = [new AwayError('later', { retryAfterMs: 60_000 })];
    const objects = new RetryObjects(inner);
    const stop = new AbortController();
    const asked = objects.get('key', undefined, stop.signal);
    stop.abort();
    await expect(asked).rejects.toThrow('abort');
  });

  it.each([0, 5])('says why it was told to, after %d ms', async (afterMs) => {
    const inner = new Shaky();
    inner.failures = [new AwayError('later', { retryAfterMs: 60_000 })];
    const stop = new AbortController();
    const asked = new RetryObjects(inner).get('key', undefined, stop.signal);
    setTimeout(() => stop.abort(new SnapshotError('E_LOCKED', 'the lock is lost')), afterMs);
    await expect(asked).rejects.toMatchObject({ code: 'E_LOCKED' });
  });

  it('leaves the place alone for as long as that asks for', async () => {
    const { inner, objects } = shaky(new AwayError('later', { retryAfterMs: 40 }));
    const startedMs = performance.now();
    await objects.get('key');
    // A timer may be early by a fraction of a millisecond.
    expect(performance.now() - startedMs).toBeGreaterThan(38);
    expect(inner.tries).toBe(2);
  });

  it('has what the place has, and no more', () => {
    const { objects } = shaky();
    expect([objects.link, objects.removeFolder, objects.freeBytes]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
