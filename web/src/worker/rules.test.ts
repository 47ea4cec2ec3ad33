import { expect, test } from 'vitest';
import { isOfServer, isOfShell, obsolete } from './rules';

test('what the server says is left alone, pages of the app are not', () => {
  for (const path of ['/api/v1/boards/1', '/api', '/docs', '/health/ready', '/metrics', '/ws']) {
    expect(isOfServer(path)).toBe(true);
  }
  for (const path of ['/', '/b/1', '/apiary', '/assets/index-1.js', '/wsx']) expect(isOfServer(path)).toBe(false);
});

test('the version before stays, older ones go, and others’ caches are not touched', () => {
  const names = ['teamflow-app-1', 'something', 'teamflow-app-2', 'teamflow-app-3'];
  expect(obsolete(names, 'teamflow-app-3')).toEqual(['teamflow-app-1']);
  expect(obsolete(['teamflow-app-1'], 'teamflow-app-1')).toEqual([]);
});

test('the shell is scripts, styles, the page and the fonts that are always needed', () => {
  const paths = [
    '/',
    '/assets/index-1.js',
    '/assets/index-1.js.br',
    '/assets/inter-latin-wght-normal-1.woff2',
    '/assets/inter-greek-wght-normal-1.woff2',
    '/assets/vazirmatn-arabic-wght-normal-1.woff2',
    '/icon-512.png',
    '/sw.js',
  ];
  expect(paths.filter(isOfShell)).toEqual([paths[0], paths[1], paths[3], paths[5]]);
});
