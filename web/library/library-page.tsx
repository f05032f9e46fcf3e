import type { VNode } from 'preact';

export function LibraryPage(): VNode {
  return (
    <main>
      <h1>Library</h1>
    </main>
  );
}
