import type { Catalogue } from '../catalogue';

export const views: Catalogue['views'] = {
  filter: 'پالایه',
  filter_text: 'پالودن با واژه‌ها',
  filter_assignee: 'مسئول',
  filter_priority: 'اولویت',
  filter_label: 'برچسب',
  filter_due: 'موعد',
  filter_clear: 'پاک کردن',
  filter_count: { one: '{count} از {total}', other: '{count} از {total}' },
  assigned_to_me: 'من',
  assigned_to_nobody: 'هیچ‌کس',
  due_overdue: 'گذشته',
  due_today: 'امروز',
  due_week: 'تا یک هفته',
  due_none: 'بی‌موعد',
};
