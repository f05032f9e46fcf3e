// The frame that all charts share: its size, its type and its colours.

// The colours are readable on white and on near-black; text and lines follow the reader's theme.
const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; font-size: 15px; }
    .quiet { fill: #59636e; }
    .grid { stroke: #d1d9e0; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .quiet { fill: #9198a1; }
      .grid { stroke: #3d444d; }
    }`;

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

interface Page {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Rules of this chart, after those of all. */
  readonly style: string;
  readonly elements: readonly string[];
}

export function drawPage({ width, height, title, style, elements }: Page): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
  <title>${escapeXml(title)}</title>
  <style>${STYLE}${style}
  </style>
${elements.join('\n')}
</svg>
`;
}
