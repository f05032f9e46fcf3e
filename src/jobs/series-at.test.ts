import { describe, expect, it } from 'vitest';
import { Series } from '../series/series.ts';
import { openStore } from '../store/open-store.ts';
import { splitAddress } from './series-at.ts';

describe('splitAddress()', () => {
  it.each([
    ['sftp://nas/backup/documents', 'sftp://nas/backup', 'documents'],
    ['s3://bucket/documents/?endpoint=host:80', 's3://bucket?endpoint=host:80', 'documents'],
    ['s3://bucket/a/b?region=eu&endpoint=http://h/x', 's3://bucket/a?region=eu&endpoint=http://h/x', 'b'],
  ])('finds the series at the end of %s', (address, label, name) => {
    expect(splitAddress(address)).toEqual({ destination: label, name });
    // What is shown can be pasted.
    const series = new Series(openStore(label), name);
    expect(splitAddress(series.place())).toEqual({ destination: label, name });
  });

  it.each(['sftp://nas', 's3://bucket?endpoint=x'])('refuses %s, which names a place alone', (address) => {
    expect(() => splitAddress(address)).toThrow('names no series');
  });
});
