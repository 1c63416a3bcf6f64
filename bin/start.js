/**
 * `npm start`: builds the program if it is missing or outdated. Then serves the example, or the file given
 * with `--config`.
 */
import { join } from 'path';
import { buildIfOutdated } from './build.js';
import { onNewNode, runProgram } from './launch.js';

const EXAMPLE = join('examples', 'gateway.yaml');

onNewNode(async () => {
  await buildIfOutdated();
  const options = process.argv.slice(2);
  const named = options.some((option) => /^(-c|--config(=.*)?|-h|--help)$/.test(option));
  process.argv.splice(2, options.length, 'serve', ...(named ? [] : ['--config', EXAMPLE]), ...options);
  return runProgram();
});
