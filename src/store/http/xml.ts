// Answers in XML, as those who keep objects send them, as far as they are needed: flat, with no attributes that matter, and all
// text escaped. Pure.

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What is inside each element called `name`, as it stands there. One never lies in another of its name. */
export function elements(xml: string, name: string): readonly string[] {
  const found = xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>(.*?)</${name}>`, 'gs'));
  return [...found].map(([, inside = '']) => inside);
}

/** The text of the first element called `name`; undefined when there is none. */
export function textOf(xml: string, name: string): string | undefined {
  const [inside] = elements(xml, name);
  return inside === undefined ? undefined : unescaped(inside);
}

/** Whether `xml` is all of one element called `name`: what was cut short, or is a page of somebody else, is not. */
export function isWhole(xml: string, name: string): boolean {
  return new RegExp(`^\\s*(?:<\\?xml[^>]*\\?>)?\\s*<${name}(?:\\s[^>]*)?(?:/>|>.*</${name}>)\\s*$`, 's').test(
    xml,
  );
}

function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g,
    (whole, decimal, hex, name: string | undefined) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const point = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
      return point <= 0x10_ff_ff ? String.fromCodePoint(point) : whole;
    },
  );
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
