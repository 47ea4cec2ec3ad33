/** Small matters of text fields on the board. */

/** Makes a text area as high as its text. */
export function fitHeight(field: HTMLTextAreaElement): void {
  field.style.blockSize = 'auto';
  field.style.blockSize = `${field.scrollHeight}px`;
}

/** The lines that are fit to be titles, without marks of a list before them. */
export function titlesIn(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => oneLine(line.replace(/^\s*(?:[-*•]|\d+[.)])\s+(?:\[[ x]\]\s+)?/i, '')))
    .filter((line) => line !== '');
}

/** Without line ends, and with single spaces. */
export const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
