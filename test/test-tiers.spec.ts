/**
 * Checks two lists: the slow specs in jest.config.mjs, and the specs that are started first. Without this check, a renamed slow spec would
 * run among the fast specs without any notice.
 */
import { existsSync, readFileSync } from 'node:fs';

it.each([
  ['jest.config.mjs', 'SLOW_SPECS', 11],
  ['test/longest-first-sequencer.mjs', 'LONG_SPECS_IN_SMALL_FILES', 1],
])('every spec that %s lists in %s exists', (file, constant, minCount) => {
  const list = new RegExp(`${constant} = \\[(.*?)\\n\\];`, 's').exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  const paths = [...list.matchAll(/^ {2}'(.+)',$/gm)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThanOrEqual(minCount);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});
