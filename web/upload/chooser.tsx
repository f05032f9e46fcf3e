// Where files are picked or dropped.
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { dropped, type Picked, pickedIn } from './picked.ts';

export interface ChooserProps {
  readonly isFirst: boolean;
  readonly onPicked: (picked: readonly Picked[]) => void;
}

/** Phones have no folders to pick. */
const HAS_FOLDERS =
  'webkitdirectory' in HTMLInputElement.prototype && matchMedia('(any-pointer: fine)').matches;

export function Chooser({ isFirst, onPicked }: ChooserProps): VNode {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const [problem, setProblem] = useState<string>();
  const take = (input: HTMLInputElement): void => {
    const picked = pickedIn(input.files ?? []);
    // The same files can be picked once more.
    input.value = '';
    if (picked.length > 0) onPicked(picked);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    if (event.dataTransfer === null) return;
    dropped(event.dataTransfer).then(
      (picked) => {
        setProblem(picked.length > 0 ? undefined : 'There were no files in what was dropped.');
        if (picked.length > 0) onPicked(picked);
      },
      () => setProblem('The browser could not read what was dropped: choose the folder with the button.'),
    );
  };
  return (
    <section
      class={`card drop${isOver ? ' over' : ''}`}
      aria-label="Choose files"
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <div class="row">
        <button class="main" type="button" onClick={() => files.current?.click()}>
          {isFirst ? 'Choose photos or files' : 'Choose more'}
        </button>
        {HAS_FOLDERS ? (
          <button type="button" onClick={() => folder.current?.click()}>
            Choose a folder
          </button>
        ) : null}
      </div>
      {HAS_FOLDERS ? <p class="quiet above">Or drop files and folders here.</p> : null}
      {problem === undefined ? null : (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
      <p class="quiet small">
        Browsers may hand over altered photos: smaller, converted, or without the place they were taken at.
        What is kept is exactly what yours hands over.
      </p>
      {/* No `accept`: with it, phones hand over converted photos. */}
      <input
        ref={files}
        id="files"
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={folder}
        id="folder"
        type="file"
        // @ts-expect-error -- not among the attributes that the types know
        webkitdirectory
        hidden
        aria-label="A folder"
        onChange={(event: Event) => take(event.currentTarget as HTMLInputElement)}
      />
    </section>
  );
}
