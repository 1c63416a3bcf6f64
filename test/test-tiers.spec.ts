/**
 * Checks the list of slow specs in jest.config.mjs. Without this check, a renamed slow spec would run among the fast specs without any
 * notice.
 */
import { existsSync, readFileSync } from 'node:fs';

it('every slow spec that jest.config.mjs lists exists', () => {
  const config = readFileSync('jest.config.mjs', 'utf8');
  const list = /SLOW_SPECS = \[(.*?)\n\];/s.exec(config)?.[1] ?? '';
  const paths = [...list.matchAll(/^ {2}'(.+)',$/gm)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});
