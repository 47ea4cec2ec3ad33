export function BoardColumns() {
  return null;
}
