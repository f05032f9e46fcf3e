import type { VNode } from 'preact';

export function UploadPage(): VNode {
  return (
    <main>
      <h1>Upload</h1>
    </main>
  );
}
