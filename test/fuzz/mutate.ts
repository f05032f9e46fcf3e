// Bytes that are nearly right, and bytes that are not right at all.

type Random = (below: number) => number;

const HUGE = [
  '9007199254740993',
  '1e999',
  '-1',
  '18446744073709551616',
  '0.5',
  '99999999999999999999999',
  '9'.repeat(400),
  '0',
];
const ODD = [
  '\0',
  '\xff\xfe',
  '\xed\xa0\x80',
  '\xf4\x90\x80\x80',
  '\u2028',
  '\\u0000',
  '../',
  "'",
  '"',
  '{',
  '[',
  '\n',
];

/** What an input is: `valid` changed here and there, or something else altogether. */
export function mutate(valid: Buffer, random: Random): Buffer {
  if (random(40) === 0) return noiseOf(random(300), random);
  if (random(200) === 0) return nested(random);
  let bytes: Buffer = Buffer.from(valid);
  for (let times = 1 + random(3); times > 0; times--) bytes = changeOnce(bytes, random);
  return bytes;
}

function changeOnce(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random(random(4) === 0 ? bytes.length + 1 : 16));
  const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (random(11)) {
    case 0:
    case 1:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes;
    case 2:
      return before;
    case 3:
      return Buffer.concat([before, after]);
    case 4:
      return Buffer.concat([before, part, part, after]);
    case 5:
      return Buffer.concat([before, noiseOf(1 + random(8), random), after]);
    case 6:
      return Buffer.concat([before, Buffer.from(ODD[random(ODD.length)] ?? '', 'latin1'), after]);
    case 7:
      return linesSwapped(bytes, random);
    case 8:
      return Buffer.concat([before, Buffer.alloc(part.length, random(3) === 0 ? 0xff : 0), after]);
    default:
      return numberReplaced(bytes, random);
  }
}

function noiseOf(length: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

const NESTS = [
  ['[', ']'],
  ['{"a":', '}'],
  ["'", "'"],
  ['"', '"'],
] as const;

/** JSON, or quotes, far deeper than anybody writes. */
function nested(random: Random): Buffer {
  const depth = 10_000 * (1 + random(5));
  const [open = '', close = ''] = NESTS[random(NESTS.length)] ?? [];
  return Buffer.from(`${open.repeat(depth)}1${random(2) === 0 ? '' : close.repeat(depth)}\n`);
}

function linesSwapped(bytes: Buffer, random: Random): Buffer {
  const lines = bytes.toString('latin1').split('\n');
  const [a, b] = [random(lines.length), random(lines.length)];
  [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
  return Buffer.from(lines.join('\n'), 'latin1');
}

function numberReplaced(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1');
  const numbers = [...text.matchAll(/\d+/g)];
  const number = numbers[random(numbers.length)];
  if (number === undefined) return bytes;
  const end = number.index + number[0].length;
  return Buffer.from(
    text.slice(0, number.index) + (HUGE[random(HUGE.length)] ?? '') + text.slice(end),
    'latin1',
  );
}
