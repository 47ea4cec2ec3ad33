/** Makes a small square picture of a file, as an account takes it. */

/** As many signs as the server takes (`AUTH-7`). */
const MOST = 16_384;
/** Twice the largest size that it is shown in. */
const SIDE = 112;
const QUALITIES = [0.9, 0.8, 0.65, 0.5, 0.35];

/** The middle square of a picture. */
export function middleOf(width: number, height: number): { x: number; y: number; side: number } {
  const side = Math.min(width, height);
  return { x: Math.floor((width - side) / 2), y: Math.floor((height - side) / 2), side };
}

/** The first of several forms that is small enough, made only when the ones before were not. */
export function firstThatFits(forms: Iterable<string>, most = MOST): string | undefined {
  for (const form of forms) if (form.length <= most) return form;
  return undefined;
}

/** As a `data:` URL. Rejects where the file is no picture that this browser can read. */
export async function pictureOf(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file);
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('no canvas');
  const { x, y, side } = middleOf(bitmap.width, bitmap.height);
  pen.imageSmoothingQuality = 'high';
  // What is transparent would be black in a JPEG.
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, SIDE, SIDE);
  pen.drawImage(bitmap, x, y, side, side, 0, 0, SIDE, SIDE);
  bitmap.close();
  const small = firstThatFits(forms(canvas));
  if (small === undefined) throw new Error('too large');
  return small;
}

/** WebP where the browser writes it (others give PNG in its place), else JPEG. */
function* forms(canvas: HTMLCanvasElement) {
  for (const type of ['image/webp', 'image/jpeg']) {
    for (const quality of QUALITIES) {
      const form = canvas.toDataURL(type, quality);
      if (form.startsWith(`data:${type}`)) yield form;
    }
  }
}
