export function BoardEcho() {
  return null;
}
