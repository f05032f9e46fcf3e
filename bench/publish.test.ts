import { describe, expect, it } from 'vitest';
import { replaceSection } from './publish.ts';

const pageWith = (text: string): string =>
  `# Mine\n\n<!-- bench:begin -->${text}<!-- bench:end -->\n\nFindings\n\n<!-- growth:begin -->\n<!-- growth:end -->\n`;

describe('replaceSection()', () => {
  it('keeps what is written by hand around the section, and other sections', () => {
    const once = replaceSection(pageWith('\nold\n'), 'bench', 'new');

    expect(once).toBe(pageWith('\n\nnew\n\n'));
    expect(replaceSection(once, 'bench', 'new')).toBe(once);
  });

  it('adds the section to a page that has none', () => {
    expect(replaceSection('# Mine\n', 'bench', 'new')).toBe(
      '# Mine\n\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\n',
    );
  });

  it('writes the heading of an added section once', () => {
    const once = replaceSection('# Mine\n', 'growth', 'new', 'Growth');

    expect(once).toBe('# Mine\n\n## Growth\n\n<!-- growth:begin -->\n\nnew\n\n<!-- growth:end -->\n');
    expect(replaceSection(once, 'growth', 'new', 'Growth')).toBe(once);
  });
});
