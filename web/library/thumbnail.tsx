// A small picture of a file, drawn from the file itself once it is in sight; the large one is not kept.
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fetchFrom } from '../shared/ask.ts';
import { type ListedFile, pictureType } from './listing.ts';

/** Sharp on a screen with two pixels per point. */
const PIXELS = 128;
/** So many are fetched at once. */
const AT_ONCE = 3;

let running = 0;
const waiting: (() => void)[] = [];

async function oneOfFew<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

export function Thumbnail({ file, token }: { readonly file: ListedFile; readonly token: string }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isShown, setShown] = useState(false);
  const type = pictureType(file);
  const { path, name } = file;
  useEffect(() => {
    const place = canvas.current;
    if (place === null || path === undefined || type === undefined) return undefined;
    const stop = new AbortController();
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting !== true) return;
      observer.disconnect();
      draw(place, path, type, token, stop.signal).then(
        () => setShown(true),
        // No picture: its letters stay.
        () => undefined,
      );
    });
    observer.observe(place);
    return () => {
      observer.disconnect();
      stop.abort();
    };
  }, [path, type]);
  const letters = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).slice(0, 4) : '';
  return (
    <span class="thumb" aria-hidden="true">
      {isShown ? null : <span>{letters}</span>}
      <canvas ref={canvas} width={PIXELS} height={PIXELS} />
    </span>
  );
}

async function draw(
  canvas: HTMLCanvasElement,
  path: string,
  type: string,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  const bitmap = await oneOfFew(async () => {
    signal.throwIfAborted();
    const at = path.split('/').map(encodeURIComponent).join('/');
    const bytes = await (await fetchFrom(`/v1/files/${at}`, { token, signal })).arrayBuffer();
    return await createImageBitmap(new Blob([bytes], { type }));
  });
  const { width, height } = bitmap;
  const side = Math.min(width, height);
  // The middle of it, as a square.
  canvas
    .getContext('2d')
    ?.drawImage(bitmap, (width - side) / 2, (height - side) / 2, side, side, 0, 0, PIXELS, PIXELS);
  bitmap.close();
}
