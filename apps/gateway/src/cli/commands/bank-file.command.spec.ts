/** Tests `tributary bank-file` with the example of the guide to CSV exports. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../run-cli.js';

const GUIDE = readFileSync(join(import.meta.dirname, '../../../../../docs/guides/csv-exports.md'), 'utf8');
const [, YAML = ''] = /```yaml\n([^`]*giro-[^`]*)```/.exec(GUIDE) ?? [];
const [, CSV = ''] = /```\n(Konto;[^`]*)```/.exec(GUIDE) ?? [];
const [, OUTPUT = ''] = /bank-file house-bank[^\n]*\n([^`]*)```/.exec(GUIDE) ?? [];

const directory = mkdtempSync(join(tmpdir(), 'tributary-bank-file-'));
const config = join(directory, 'gateway.yaml');
const file = join(directory, 'giro-2026-03.csv');

beforeAll(() => {
  process.env['HOUSE_BANK_KEY'] = 'a-key-of-the-house-bank-for-tests';
  const sandbox = '  - { name: sand, plugin: sandbox, apiKeys: [a-key-of-the-sandbox-for-tests] }\n';
  writeFileSync(config, `${YAML}${sandbox}`);
  writeFileSync(file, CSV);
});
afterAll(() => {
  delete process.env['HOUSE_BANK_KEY'];
  rmSync(directory, { recursive: true });
});

async function run(...args: string[]): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const say = (text: string): void => void lines.push(text);
  const code = await runCli(['bank-file', ...args, '--config', config], { out: say, err: say });
  return { code, said: lines.join('\n') };
}

it('prints what the guide shows', async () => {
  const { code, said } = await run('house-bank', file);
  expect(said.replaceAll(`${directory}/`, '')).toBe(OUTPUT.trimEnd());
  expect(code).toBe(0);
});

it('prints JSON, and only as many entries as asked for', async () => {
  const { said } = await run('house-bank', file, '--json', '--rows', '1');
  expect(JSON.parse(said)).toMatchObject({
    entryCount: 3,
    entries: [{ amount: '12.00', creditDebit: 'DBIT', bookedAt: '2026-03-04' }],
    warnings: [],
  });
});

it('prints what the connector would report, and fails', async () => {
  const other = join(directory, 'giro-wrong.csv');
  writeFileSync(other, CSV.replace('2.978,40', '2.978,41'));
  const { code, said } = await run('house-bank', other);
  expect(said).toContain('says that the balance is 2978.41; by the row before, it is 2978.40');
  expect(code).toBe(1);
});

it('says why a file would be refused', async () => {
  const other = join(directory, 'giro-refused.csv');
  writeFileSync(other, CSV.replace('-1.250,00', '-1.250,00 EUR'));
  const { code, said } = await run('house-bank', other);
  expect(said).toContain(
    'row 3 (line 7), column "Betrag": found "-1.250,00 EUR"; expected an amount such as 1.250,00',
  );
  expect(code).toBe(1);
});

it.each([
  ['sand', file, '/sand has the plugin sandbox, which reads no bank files'],
  ['house-bank', 'absent.csv', 'absent.csv cannot be read: there is no such file'],
])('refuses %s %s', async (connector, path, reason) => {
  const { code, said } = await run(connector, path);
  expect(said).toContain(reason);
  expect(code).toBe(1);
});

it('says what is missing in a mapping', async () => {
  const broken = join(directory, 'broken.yaml');
  writeFileSync(
    broken,
    `connectors: [{ name: bank, plugin: bank-statements, apiKeys: [a-key-of-the-bank-for-tests], settings: { directory: ., csv: [{ preset: n26 }, { files: 'x', account: A, currency: EUR, dateFormat: dd.MM.YYYY, decimalMark: '.', thousandsMark: '.', columns: { date: 0, amount: 2, txt: [3] } }] } }]`,
  );
  const lines: string[] = [];
  const say = (text: string): void => void lines.push(text);
  expect(await runCli(['check', '--config', broken], { out: say, err: say })).toBe(1);
  const said = lines.join('\n');
  expect(said).toContain(
    'settings.csv[0].columns: found a mapping; the mapping needs `account`, or the column `account`',
  );
  expect(said).toContain('settings.csv[1].columns.txt: there is no such setting');
  expect(said).toContain(
    'csv[1].columns.date: found the number 0; expected the name of a column in the header',
  );
});
