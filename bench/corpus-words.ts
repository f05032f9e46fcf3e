// What the text of the corpus is made of: words, and for each language the lines that use them.

/** In falling order of frequency. */
export const WORDS: readonly string[] = `
the of to and a in is for that with be on this not as by are from or if it an value file name data type
index size list string buffer node key state error result path length count object function return default
option config user time set get add read write open close start stop first last next new old max min offset
block page table entry record field column row cache queue stack tree graph list map array vector matrix
source target parent child root leaf head tail front back left right top bottom inner outer local global
static dynamic public private internal external input output stream channel socket port host address client
server request response header body payload message event signal handler listener callback context session
token secret hash digest cipher encode decode parse format print scan match search find replace split join
merge sort filter reduce apply bind call invoke resolve reject promise future thread process worker task job
schedule timer clock date hour minute second delay timeout retry attempt limit quota rate window frame
layer level depth width height area volume weight score rank order group cluster member owner role scope
module package version release branch commit change patch update upgrade install remove delete create insert
append prepend push pop shift rotate reverse copy clone move swap fill clear reset init setup teardown
register device driver bus memory region segment slot cell bit byte word flag mask mode status report log
trace debug info warning fatal assert check verify validate test mock fixture sample model view controller
template render style color border margin padding font image icon button label menu panel dialog widget
locale language country currency number digit decimal fraction percent total average median variance
measure unit scale ratio factor power voltage current sensor motor camera pixel texture shader vertex edge
triangle circle curve surface mesh light shadow depth blend sound track sample note tempo network packet
route gateway proxy tunnel bridge switch link peer cloud bucket volume disk partition sector journal snapshot
archive backup restore mirror sync lock mutex semaphore barrier fence atomic shared weak strong borrow
lifetime trait generic macro symbol token lexer parser compiler linker loader runtime kernel interrupt
register scheduler allocator collector profile counter histogram gauge metric alert rule policy permission
account profile avatar comment thread topic forum ticket invoice payment order customer product catalog
inventory shipment warehouse supplier contract license agreement clause warranty liability notice copyright
`
  .trim()
  .split(/\s+/);

/**
 * Slots of a line: `%w` a word, `%p` a phrase, `%i` a name of this section, `%t` a type's name, `%m` a
 * constant's name, `%n` a small number, `%x` eight hex digits.
 */
export interface Language {
  readonly namesJoinedBy: 'underscore' | 'case';
  /** Lines of a part: one of `opening`, some of `lines`, one of `closing`. */
  readonly opening: readonly string[];
  readonly lines: readonly string[];
  readonly closing: readonly string[];
}

export const C: Language = {
  namesJoinedBy: 'underscore',
  opening: [
    '/**\n * %i - %p\n * @%w: %p\n * @%w: %p %p\n *\n * Return: %n on success, a negative %w otherwise.\n */\nstatic inline int %i(struct %t *%w, unsigned int %w)\n{',
    '/* %p */\nstruct %t {',
    '#ifdef CONFIG_%m\nextern void %i(struct %t *%w, size_t %w);\n#endif\nenum %t {',
    '#ifndef _%m_H\n#define _%m_H\n\n#include <linux/%w.h>\n#include <linux/%w_%w.h>\n',
  ],
  lines: [
    '#define %m\t\t0x%x\t/* %p */',
    '#define %m(%w)\t((%w) << %n)',
    '\tunsigned int\t\t%i;\t/* %p */',
    '\tstruct %t\t\t*%i;',
    '\tif (!%i(%w->%i, %n))\n\t\treturn -E%m;',
    '\t%w->%i = %i(%w, %m);',
    '\tfor (%w = 0; %w < %m; %w++)\n\t\t%i(&%w->%i[%w]);',
    '\tu32 %i : %n;',
    '\tint (*%i)(struct %t *%w, const char *%w);',
    'extern int %i(struct %t *%w, u64 %w, bool %w);',
    '\t/* %p %p %p. */',
    '\treturn %i(%w) & %m;',
    '\tspin_lock(&%w->%i);\n\t%i(%w);\n\tspin_unlock(&%w->%i);',
    '\t%m = 0x%x,',
  ],
  closing: ['};\n', '}\n', '}\nEXPORT_SYMBOL_GPL(%i);\n', '#endif /* %m */\n'],
};

export const PYTHON: Language = {
  namesJoinedBy: 'underscore',
  opening: [
    'def %i(self, %w, %w=None):\n    """%p\n\n    :param %w: %p %p\n    :returns: %p\n    """',
    'class %t(%t):\n    """%p %p."""\n\n    %i = %n',
    'from .%w import %t, %i\nimport %w\n\n\n@%w.%i\ndef %i(%w, *args, **kwargs):',
    'async def %i(%w: %t) -> list[%t]:\n    # %p',
  ],
  lines: [
    '    %w = self.%i(%w, %i=%n)',
    '    if %w is None or not %w.%i:\n        raise %t("%p: %r" % %w)',
    '    for %w, %w in enumerate(self.%i):\n        %w.append(%i[%w])',
    '    # %p %p',
    '    self.%i = %w or {}',
    '    %w["%w"] = %i(%w["%w"], "%p")',
    '    with self.%i(%w) as %w:\n        %w.%i("%x")',
    '    assert %i(%w) == %n, "%p"',
    '    try:\n        return %i(%w)\n    except %t as exc:\n        logger.warning("%p %s", exc)',
    '    return [%i(%w) for %w in %w if %w.%i > %n]',
    '    %w, %w = %i(%m), %t(%w)',
  ],
  closing: ['    return %w\n\n', '    return self.%i\n\n', '\n%m = %n\n', '    yield %t(%w)\n\n'],
};

export const JAVASCRIPT: Language = {
  namesJoinedBy: 'case',
  opening: [
    '/**\n * %p\n *\n * @param {%t} %w %p\n * @returns {%t} %p %p\n */\nexport function %i(%w, %w) {',
    'const { %i, %i } = require("./%w-%w");\n\nmodule.exports = class %t extends %t {',
    'exports.%i = async (%w, { %w = %n } = {}) => {',
    '"use strict";\n\nvar %i = require("%w");\nvar %i = (0, %i.%w)("%w:%w");\n\n(function (%w) {',
  ],
  lines: [
    '  const %i = %w.%i(%w, %n);',
    '  if (typeof %w !== "%w" || %w.%i === undefined) {\n    throw new TypeError("%p");\n  }',
    '  // %p %p',
    '  return %w.map((%w) => %i(%w.%i)).filter(Boolean);',
    '  this.%i = %w ?? new %t(%w, "%x");',
    '  for (let %w = 0; %w < %i.length; %w++) {\n    %w.push(%i[%w]);\n  }',
    '  await %i(%w).then(({ %w }) => %w.%i(%w));',
    '  Object.defineProperty(%w, "%i", { enumerable: true, get: () => %i.%i });',
    '  switch (%w.%w) {\n    case "%w":\n      return %i(%w);\n    default:\n      %i(`%p ${%w}`);\n  }',
    '  %w.%i = %w.%i || %m;',
    '  expect(%i(%w, %n)).toBe("%p");',
  ],
  closing: ['  return %w;\n}\n', '};\n', '})(%w);\n', '}\nexports.%i = %i;\n'],
};

export const JSON_TEXT: Language = {
  namesJoinedBy: 'case',
  opening: ['  "%i": {\n    "name": "@%w/%w-%w",', '  "%w": [', '  "%i": {\n    "description": "%p %p",'],
  lines: [
    '    "%i": "^%n.%n.%n",',
    '    "%w-%w": "%p",',
    '    "%i": { "type": "%w", "default": %n },',
    '    "%w/%w-%w": { "version": "%n.%n.%n", "integrity": "sha512-%x%x%x%x" },',
    '    "%i": [%n, %n, %n, %n],',
    '    "%i": true,',
    '    { "id": %n, "%w": "%w", "%w": "%i" },',
    '    "url": "https://%w.example.org/%w/%w/%x",',
  ],
  closing: ['    "%w": null\n  },', '    "%w": %n\n  ],'],
};

export const MARKDOWN: Language = {
  namesJoinedBy: 'case',
  opening: ['## %p\n', '### %i(%w, %w)\n', '# %p\n\n> %p %p %p.\n', '```js\nconst %w = %i("%w");\n```\n'],
  lines: [
    '%p %p %p, %p %p\n%p %p. %p %p\n%p %p %p.\n',
    '%p %p %p. %p,\n%p %p %p %p.\n',
    '- **%w**: %p %p',
    '- `%i`: %p',
    '| %w | `%i` | %p | %n |',
    'See [%p](https://%w.example.org/%w/%i.html) %p.\n',
  ],
  closing: ['', '---\n', '%p %p: `%i`.\n'],
};

export const LOG: Language = {
  namesJoinedBy: 'underscore',
  opening: ['2025-03-%n INFO  %w.%i: %p %p'],
  lines: [
    '2025-03-12T%n:%n INFO  %w.%i[%n]: %w=%n %p %p',
    '2025-03-12T%n:%n DEBUG %w.%i[%n]: %p %w=%n %w=%n',
    '2025-03-12T%n:%n WARN  %w.%i: %p (%n ms, %w)',
    '10.0.%n.%n - - [12/Mar/2025:%n:%n +0000] "GET /%w/%w/%i?%w=%x HTTP/1.1" 200 %n "%w/%n.%n"',
  ],
  closing: ['2025-03-%n ERROR %t: %p\n    at %i (%w/%w.js:%n:%n)\n    at %i (%w/%w.js:%n:%n)'],
};
