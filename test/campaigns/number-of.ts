/**
 * The number that an option of a campaign has: one that means nothing would make a campaign that does nothing, and is content.
 *
 * @throws Error when it is no whole number from `least` to `most`.
 */
export function numberOf<Name extends string>(
  values: Readonly<Record<Name, string>>,
  name: Name,
  least = 1,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const text = values[name];
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  const upTo = most === Number.MAX_SAFE_INTEGER ? 'on' : `to ${most}`;
  throw new Error(`--${name} ${text}: use a whole number, from ${least} ${upTo}`);
}
