export function PresenceBar() {
  return null;
}
