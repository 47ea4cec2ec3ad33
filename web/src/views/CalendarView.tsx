export default function CalendarView() {
  return null;
}
