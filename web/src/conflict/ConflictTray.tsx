export function ConflictTray() {
  return null;
}
