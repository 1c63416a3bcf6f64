/**
 * Checks that each program with a tsconfig.json of its own includes the declarations of packages without types. The compiler reads them only if
 * `include` names them, and the check of all types uses the tsconfig.json of the whole repository.
 */
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';

it.each(['bench/tsconfig.json', 'examples/demo/tsconfig.json', 'test/formance/e2e/tsconfig.json'])(
  '%s includes the declarations in libs',
  (file) => {
    const { include } = JSON.parse(readFileSync(file, 'utf8')) as { include: string[] };
    expect(include).toContain(`${relative(dirname(file), 'libs')}/*/src/**/*.d.ts`);
  },
);
