// Puts a page into its place in index.html.
import { type ComponentChild, render } from 'preact';

export function show(page: ComponentChild): void {
  const place = document.querySelector('#page');
  if (place === null) throw new Error('index.html has no #page');
  render(page, place);
}
