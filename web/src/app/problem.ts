/** What the server refused, in words for its user. */
import type { I18n } from '@/i18n';
import type { Problem } from '@/sync/wire';

export function isProblem(error: unknown): error is Problem {
  // A `DOMException` has a code too, which is a number.
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
}

export function problemText(error: unknown, t: I18n['t']): string {
  if (!isProblem(error)) return t('common.error_unreachable');
  switch (error.code) {
    case 'UNAVAILABLE':
      return t('common.error_unreachable');
    case 'RATE_LIMIT_EXCEEDED':
      return t('common.error_rate');
    case 'FORBIDDEN':
      return t('common.error_forbidden');
    case 'NOT_FOUND':
      return t('common.error_not_found');
    case 'INTERNAL_ERROR':
      return t('common.error_internal', { request_id: error.request_id ?? '–' });
    default:
      return t('common.error_other', { message: error.details?.[0]?.message ?? error.message });
  }
}

/** The error of one field of a form, where it is named. */
export function fieldError(error: unknown, field: string): string | undefined {
  if (!isProblem(error)) return undefined;
  return error.details?.find((detail) => detail.field === field)?.message;
}
