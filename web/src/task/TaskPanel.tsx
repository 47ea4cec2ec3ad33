export default function TaskPanel(_: { taskId: string }) {
  return null;
}
