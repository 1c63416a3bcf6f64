/** Checks the list of slow specs in jest.config.mjs: a spec that was renamed would silently move to the fast tier. */
import { existsSync, readFileSync } from 'node:fs';

it('every slow spec that jest.config.mjs lists exists', () => {
  const config = readFileSync('jest.config.mjs', 'utf8');
  const list = /SLOW_SPECS = \[(.*?)\n\];/s.exec(config)?.[1] ?? '';
  const paths = [...list.matchAll(/^ {2}'(.+)',$/gm)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});
