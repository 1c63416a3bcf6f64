/** Checks that every plugin has the same files with the same names. libs/psp-plugins/README.md describes them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plugins } from './index.js';

const PLUGINS_DIRECTORY = import.meta.dirname;
const DIRECTORIES = ['__snapshots__', 'fixtures', 'simulator', 'testing'];

interface Exception {
  /** The files of the layout that the plugin does not have. */
  missing: readonly string[];
  /** A pattern for the files and directories that the plugin has in addition to the layout. */
  more: RegExp;
}

/** The plugins with another layout. Their README.md describes their files. */
const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  // This plugin reads files instead of an API, so it has no client. Most of its code parses the file formats.
  'bank-statements': {
    missing: ['client.ts', 'vocabulary.ts', 'accounts.ts', 'beneficiaries.ts', 'transactions.ts'],
    more: /^(chain|checking|identity|mapping|matching|parsing|pulling|readers|sources|statements|(account|beneficiary|transaction)-extractor\.ts|late-report\.mapper\.ts|file-preview\.ts)$/,
  },
};
const NO_EXCEPTION: Exception = { missing: [], more: /^$/ };

const folders = readdirSync(PLUGINS_DIRECTORY, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

it('checks all plugins', () => expect([...folders].sort()).toEqual(plugins.map(({ name }) => name)));

it.each(folders)('%s has the files of a plugin, and no others', (name) => {
  const { missing, more } = EXCEPTIONS[name] ?? NO_EXCEPTION;
  const expected = [
    'README.md',
    'index.ts',
    ...listFilesByCapability(name)
      .filter((file) => !missing.includes(file))
      .map((file) => `${name}.${file}`),
  ];
  const found = readdirSync(join(PLUGINS_DIRECTORY, name)).filter(
    (entry) => !DIRECTORIES.includes(entry) && !more.test(entry) && !isOtherSpec(entry, name),
  );
  expect(found.toSorted()).toEqual(expected.toSorted());
});

it.each(folders)('%s has a demo', (name) => {
  expect(readdirSync(join(PLUGINS_DIRECTORY, name, 'testing'))).toContain('demo.ts');
});

// The demo is compiled, and the compiled program contains no other files.
it.each(folders)('the fake of %s reads no file beside its source', (name) => {
  const directory = join(PLUGINS_DIRECTORY, name);
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const used = files.filter((file) => /(\.fake|[/\\]demo|[/\\]suite-fixture)\.ts$/.test(file));
  expect(used).not.toHaveLength(0);
  for (const file of used)
    expect([file, readFileSync(join(directory, file), 'utf8')]).toEqual([
      file,
      expect.not.stringContaining('import.meta.dirname'),
    ]);
});

/** Returns the files that the plugin must have because of its capabilities. The names do not include the name of the plugin. */
function listFilesByCapability(name: string): string[] {
  const plugin = plugins.find((each) => each.name === name);
  const methods = plugin?.psp.prototype ?? {};
  // A plugin has two more files if the PSP has different APIs for payouts and transfers.
  const entries = readdirSync(join(PLUGINS_DIRECTORY, name));
  const separateOrders = entries
    .filter((file) => /\.(payouts|transfers)\.ts$/.test(file))
    .map((file) => file.slice(name.length + 1));
  return [
    ...[
      'config.ts',
      'client.ts',
      'vocabulary.ts',
      'plugin.ts',
      'accounts.ts',
      'transactions.ts',
      'mapper.ts',
    ],
    'suite.spec.ts',
    // A plugin that contains a simulated PSP needs no fake.
    ...(entries.includes('simulator') ? [] : ['fake.ts']),
    ...('beneficiaries' in methods ? ['beneficiaries.ts'] : []),
    ...(plugin?.orders === undefined ? [] : ['orders.ts', ...separateOrders]),
    ...('webhook' in methods ? ['webhooks.ts'] : []),
  ];
}

/**
 * Returns true if the entry is a spec other than the suite: `<plugin>.<subject>.spec.ts`, or `<plugin>.spec.ts` for the plugin as a whole.
 */
function isOtherSpec(entry: string, name: string): boolean {
  const isException = name in EXCEPTIONS && entry.endsWith('.spec.ts');
  return (
    entry !== `${name}.suite.spec.ts` &&
    (isException ||
      entry === `${name}.spec.ts` ||
      (entry.startsWith(`${name}.`) && entry.endsWith('.spec.ts')))
  );
}
