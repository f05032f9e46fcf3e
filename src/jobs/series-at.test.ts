import { describe, expect, it } from 'vitest';
import { seriesAtAddress } from './series-at.ts';

describe('seriesAtAddress()', () => {
  it.each([
    ['sftp://nas/backup/documents', 'sftp://nas/backup', 'documents'],
    ['s3://bucket/documents/?endpoint=host:80', 's3://bucket?endpoint=host:80', 'documents'],
    ['s3://bucket/a/b?region=eu&endpoint=http://h/x', 's3://bucket/a?region=eu&endpoint=http://h/x', 'b'],
  ])('finds the series at the end of %s', (address, label, name) => {
    const series = seriesAtAddress(address);
    expect([series.store.label, series.name]).toEqual([label, name]);
    // What is shown can be pasted.
    const again = seriesAtAddress(series.place());
    expect([again.store.label, again.name]).toEqual([label, name]);
  });

  it.each(['sftp://nas', 's3://bucket?endpoint=x'])('refuses %s, which names a place alone', (address) => {
    expect(() => seriesAtAddress(address)).toThrow('names no series');
  });
});
