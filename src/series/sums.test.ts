import { describe, expect, it } from 'vitest';
import { parseSums } from './sums.ts';

const A = 'a'.repeat(64);
const B = '0'.repeat(64);

describe('parseSums()', () => {
  it('reads what sha256sum reads: a sum, two spaces, a name with whatever is in it', () => {
    const text = `${A}  info.json\n${B}  ../2026-01-01T00-00-00Z/data  x.zip\n`;
    expect([...parseSums(text, 'SUMS')]).toEqual([
      ['info.json', A],
      ['../2026-01-01T00-00-00Z/data  x.zip', B],
    ]);
  });

  it.each([
    [`${A}  a`, 'its last line is cut short'],
    [`${A}  a\n${B}  b`, 'its last line is cut short'],
    [`${A}  a\n\n`, 'line 2 is no check sum'],
    [`${A}  a\n${B} b\n`, 'line 2 is no check sum'],
    [`${A}  a\n${B}  \n`, 'line 2 is no check sum'],
    [`x${A}  a\n`, 'line 1 is no check sum'],
    [`${A}a  a\n`, 'line 1 is no check sum'],
    [`${A.slice(1)}  a\n`, 'line 1 is no check sum'],
    [`${A.toUpperCase()}  a\n`, 'line 1 is no check sum'],
    [`${A}  a\0\n`, 'line 1 is no check sum'],
    [`${A}  a\n${A}  a\n`, 'line 2 names a file again'],
    [`${A}  a\n${B}  b\n${B}  a\n`, 'line 3 names a file again'],
  ])('refuses %j', (text, what) => {
    expect(() => parseSums(text, '/disk/SUMS')).toThrow(
      expect.objectContaining({ code: 'E_DAMAGED', message: `"/disk/SUMS" is damaged: ${what}` }),
    );
  });
});
