/** Checks that all deployment files in the documentation are valid, both for the gateway and for editors. */
import { plugins } from '@tributary/psp-plugins';
import { Ajv } from 'ajv';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createDeploymentSchema } from './deployment-json-schema.js';
import { loadDeploymentWithoutSecrets } from './load-deployment.js';

const ROOT = join(import.meta.dirname, '../../../..');
const PLUGINS = 'libs/psp-plugins/src';
const SECRETS = 'file:/run/secrets/';
const directory = mkdtempSync(join(tmpdir(), 'tributary-pages-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The plugin on this page does not exist in the repository. test/generator generates and serves it. */
const GENERATED_PLUGIN = /add-a-psp\.md$/;

const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !GENERATED_PLUGIN.test(name))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(ROOT, PLUGINS), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${PLUGINS}/${name}/README.md`),
].flatMap((page) => deploymentsOf(page).map((yaml) => ({ page, yaml })));

it('are on the pages of plugins with credentials, too', () => {
  expect(pages.map(({ page }) => page)).toEqual(
    expect.arrayContaining([`${PLUGINS}/mollie/README.md`, `${PLUGINS}/revolut-business/README.md`]),
  );
});

it.each(pages)('the one of $page is served', ({ yaml }) => {
  writeFileSync(join(directory, 'revolut.pem'), '-----BEGIN PRIVATE KEY-----');
  writeFileSync(join(directory, 'house-bank-key'), 'a-key-from-a-file-of-a-secret');
  writeFileSync(join(directory, 'vault-secret-id'), 'the-secret-id-of-a-role');
  const file = join(directory, 'gateway.yaml');
  writeFileSync(file, yaml.replaceAll(SECRETS, `file:${directory}/`));
  const names = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
  const environment = Object.fromEntries(names.map((name) => [name, createValue(name)]));
  // The values of secrets in Vault are placeholders.
  expect(loadDeploymentWithoutSecrets(file, environment).connectors).not.toEqual([]);
});

it.each(pages)('the one of $page is good to an editor', ({ yaml }) => {
  const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile(
    createDeploymentSchema(plugins),
  );
  validate(parse(yaml));
  expect(validate.errors ?? []).toEqual([]);
});

/** Returns a value that fits the name of the variable. */
function createValue(name: string): string {
  if (name.endsWith('_HMAC_KEY')) return '0123456789ABCDEF'.repeat(4);
  return `${name.endsWith('_URL') ? 'https://example.com/' : ''}the-value-of-${name}`;
}

/** Returns the YAML blocks that are complete deployment files. Other blocks show only a part of a file. */
function deploymentsOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```/gms)]
    .map(([, yaml = '']) => yaml)
    .filter((yaml) => /^connectors:/m.test(yaml));
}
