import { expect, test } from 'vitest';
import { fieldError, isProblem, problemText } from './problem';

const t = ((key: string, values?: Record<string, string | number>) =>
  values ? `${key} ${Object.values(values).join(' ')}` : key) as never;

test('what the server refused is told from other errors', () => {
  expect(isProblem({ code: 'NOT_FOUND', message: '' })).toBe(true);
  expect(isProblem(new DOMException('', 'InvalidStateError'))).toBe(false);
  expect(isProblem(new TypeError(''))).toBe(false);
  expect(isProblem(null)).toBe(false);
});

test('a refusal is said in the language of its user', () => {
  expect(problemText({ code: 'FORBIDDEN', message: 'no' }, t)).toBe('common.error_forbidden');
  expect(problemText(new TypeError('Failed to fetch'), t)).toBe('common.error_unreachable');
  expect(problemText({ code: 'INTERNAL_ERROR', message: '', request_id: 'r1' }, t)).toContain('r1');
});

test('the error of a field is found by its name', () => {
  const error = { code: 'VALIDATION_ERROR', message: '', details: [{ field: 'name', message: 'too short' }] };
  expect(fieldError(error, 'name')).toBe('too short');
  expect(fieldError(error, 'email')).toBeUndefined();
  expect(fieldError(undefined, 'name')).toBeUndefined();
});
