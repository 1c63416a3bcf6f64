/** Checks that docs/reference/configuration.md lists every property of the deployment file with its default, and no other property. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listTableRows, readPage, ROOT } from './markdown-pages.js';

interface SchemaNode {
  default?: unknown;
  properties?: Record<string, SchemaNode>;
  anyOf?: SchemaNode[];
  items?: SchemaNode;
}

interface Property {
  path: string;
  /** The default value as JSON; absent if the property has no constant default. */
  default?: string;
}

/** The words that the page uses for a property without a constant default. */
const WORDS_WITHOUT_DEFAULT = [
  'required',
  'no limit',
  'no name',
  'no token',
  'all beneficiaries',
  'the polling interval',
  'no URL',
  'no credentials',
  'the one of the deployment',
  'the path',
  'only by command',
];
/** The default of `settings`. It is not in the schema, because the plugin validates `settings`. */
const DEFAULT_OF_SETTINGS = '{}';

const schema = JSON.parse(readFileSync(join(ROOT, 'schema/deployment.schema.json'), 'utf8')) as SchemaNode & {
  definitions: Record<string, SchemaNode>;
};

it('the page lists every property with its default, and no other', () => {
  const properties = [
    ...listProperties(schema, ''),
    ...listProperties(schema.definitions.connector ?? {}, ''),
    { path: 'tenants.<name>.connectors' },
    { path: 'tenants.<name>.formance' },
    { path: 'tenants.<name>.operators.apiKeys', default: '[]' },
    { path: 'tenants.<name>.reconciliation.policies', default: '[]' },
  ].filter(({ path }) => path !== 'tenants');
  expect(properties.length).toBeGreaterThan(20);
  expect(sortByPath(readDocumentedProperties('## Properties', '## Policies'))).toEqual(
    sortByPath(properties),
  );
});

it('the page lists every property of a policy with its default, and no other', () => {
  const { policy = {} } = schema.definitions;
  const properties = listProperties(policy, '').flatMap((property) => {
    const items = policy.properties?.[property.path]?.items;
    return items ? listProperties(items, `${property.path}[].`) : [property];
  });
  expect(properties.length).toBeGreaterThan(10);
  expect(sortByPath(readDocumentedProperties('## Policies', '## Names'))).toEqual(sortByPath(properties));
});

/** Returns the properties of a node, including the properties of its mappings. A mapping without a default is not returned itself. */
function listProperties(node: SchemaNode, prefix: string): Property[] {
  return [node, ...(node.anyOf ?? [])].flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([name, child]) => {
      const path = `${prefix}${name}`;
      const nested = listProperties(child, `${path}.`);
      if (nested.length > 0 && child.default === undefined) return nested;
      return [
        { path, ...(child.default === undefined ? {} : { default: JSON.stringify(child.default) }) },
        ...nested,
      ];
    }),
  );
}

/** Reads the tables between two headings of the page. */
function readDocumentedProperties(from: string, to: string): Property[] {
  const page = readPage('docs/reference/configuration.md');
  const section = page.slice(page.indexOf(`${from}\n`), page.indexOf(`${to}\n`));
  return listTableRows(section).flatMap(([cell = '', value = '']) => {
    const path = /^`([^`]+)`$/.exec(cell)?.[1];
    if (path === undefined) return [];
    const constant = /^`([^`]+)`$/.exec(value)?.[1];
    if (constant === undefined) {
      expect(WORDS_WITHOUT_DEFAULT.some((words) => value.startsWith(words))).toBe(true);
      return [{ path }];
    }
    return [
      path === 'settings' && constant === DEFAULT_OF_SETTINGS
        ? { path }
        : { path, default: toJson(constant) },
    ];
  });
}

/** Returns a value on the page as JSON. A value that is not JSON is a string: `2m` → `"2m"`. */
function toJson(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value));
  } catch {
    return JSON.stringify(value);
  }
}

function sortByPath(properties: Property[]): Property[] {
  return properties.sort((a, b) => (a.path < b.path ? -1 : 1));
}
