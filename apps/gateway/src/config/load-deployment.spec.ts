import { hashApiKey } from '@tributary/auth';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDeployment } from './load-deployment.js';
import { ConfigError } from './file/config-problems.js';
import type { Environment } from './file/references.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

const KEY = 'a-key-for-the-tests-1';
const OTHER_KEY = 'a-key-for-the-tests-2';
/** Returns the form in which a loaded deployment contains a key that is a plain string in the file. */
const reads = (key: string) => ({ hash: hashApiKey(key), scopes: ['read'] });
/** Returns a connector in YAML flow style. The given properties replace the defaults. */
const connector = (keys: Record<string, string> = {}) => {
  const all = { name: 'sand', plugin: 'sandbox', apiKeys: `[${KEY}]`, ...keys };
  const pairs = Object.entries(all).map(([key, value]) => `${key}: ${value}`);
  return `- { ${pairs.join(', ')} }`;
};
const GOOD = `connectors:\n  ${connector()}\n`;

function load(yaml: string | Buffer, environment: Environment = {}) {
  const file = join(directory, 'gateway.yaml');
  writeFileSync(file, yaml);
  return loadDeployment(file, environment);
}

/** Returns the error lines without the directory: `gateway.yaml:1:2: key: text`. */
function complaints(yaml: string | Buffer, environment: Environment = {}): string[] {
  try {
    load(yaml, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${directory}/`, '').split('\n');
    throw error;
  }
  return [];
}

describe('a deployment file', () => {
  it('needs one connector only, and everything else has a default', () => {
    const deployment = load(GOOD);
    expect(deployment).toMatchObject({
      listen: { host: '127.0.0.1', port: 3000, trustProxy: false },
      store: 'sqlite:./data/tributary.db',
      ...{ docs: true, console: true, orders: { exchangeRetentionMs: 720 * 3_600_000, resolveByTwo: false } },
      operatorKeys: [],
      connectors: [{ name: 'sand', path: 'sand', syncIntervalMs: 120_000, apiKeys: [reads(KEY)] }],
    });
    expect(deployment.connectors[0]).not.toHaveProperty('tenant');
    expect(deployment.connectors[0]?.settings).toMatchObject({ seed: 1, pageSize: 100 });
  });

  it('mounts the connectors of a tenant below its name', () => {
    const { connectors } = load(
      `${GOOD}tenants: { acme: { connectors: [ { name: sand, plugin: sandbox, apiKeys: ["sha256:${hashApiKey(OTHER_KEY).toString('hex')}"] } ] } }`,
    );
    expect(connectors.map(({ tenant, path }) => [tenant, path])).toEqual([
      [undefined, 'sand'],
      ['acme', 'acme/sand'],
    ]);
    expect(connectors[1]?.apiKeys).toEqual([reads(OTHER_KEY)]);
  });

  it('lets one owner use a key on several of its connectors', () => {
    const { connectors } = load(`connectors:\n  ${connector()}\n  ${connector({ name: 'sand-2' })}\n`);
    expect(connectors).toHaveLength(2);
  });

  it.each([
    ['100ms', 100],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ])('reads %s as %d milliseconds', (every, milliseconds) => {
    const { connectors } = load(`connectors:\n  ${connector({ sync: `{ every: ${every} }` })}`);
    expect(connectors[0]?.syncIntervalMs).toBe(milliseconds);
  });

  it('reads variables, defaults, escapes and files, and numbers and booleans from them', () => {
    writeFileSync(join(directory, 'key'), `${KEY}\r\n`);
    const deployment = load(
      [
        'listen: { host: "${HOST:-::1}", port: "${PORT}", trustProxy: "${TRUST}" }',
        'store: "sqlite:${DATA}/$${x}.db"',
        `connectors:\n  ${connector({ apiKeys: `["file:${directory}/key", "\${PREFIX}-and-a-tail"]` })}`,
      ].join('\n'),
      { PORT: '8080', TRUST: 'true', DATA: '/data-directory', PREFIX: 'secret-prefix', HOST: '' },
    );
    expect(deployment.listen).toEqual({ host: '::1', port: 8080, trustProxy: true });
    expect(deployment.store).toBe('sqlite:/data-directory/${x}.db');
    expect(deployment.connectors[0]?.apiKeys).toEqual([reads(KEY), reads('secret-prefix-and-a-tail')]);
    // The values of `listen` are public. Values from variables and files are secret, and so is every key in clear text.
    expect(deployment.secrets).toEqual(
      expect.arrayContaining([KEY, 'secret-prefix', 'secret-prefix-and-a-tail', '/data-directory']),
    );
    expect(deployment.secrets).not.toContain('8080');
  });

  it('takes anchors, aliases and merge keys', () => {
    const { connectors } = load(
      [
        'connectors:',
        `  - &first { name: sand, plugin: sandbox, apiKeys: [${KEY}], settings: &s { seed: 7, accounts: 2 } }`,
        '  - { <<: *first, name: sand-2, settings: { <<: *s, seed: 8 } }',
      ].join('\n'),
    );
    expect(connectors.map(({ path, settings }) => [path, settings])).toMatchObject([
      ['sand', { seed: 7, accounts: 2 }],
      ['sand-2', { seed: 8, accounts: 2 }],
    ]);
  });
});

const EXPECTS_NAME =
  'expected 1 to 63 of the characters a-z, 0-9 and -, the first one not a -, e.g. house-bank';
const NOTHING = 'found nothing; give it a value, or leave the key out';

describe('what is wrong is said with line, column and key', () => {
  it.each<[string, string | Buffer, string[]]>([
    [
      'an empty file',
      '# nothing\n',
      ['gateway.yaml: the file is empty; expected "connectors:" with at least one connector in it'],
    ],
    [
      'a list',
      '- a',
      [
        'gateway.yaml:1:1: found a list; expected a mapping with the keys deployment, listen, store, docs, console, reload, secrets, operators, orders, formance, connectors, reconciliation, alerts, tenants',
      ],
    ],
    [
      'no connectors',
      'docs: true',
      [
        'gateway.yaml:1:1: there is nothing to serve; expected at least one connector in connectors: or in tenants.<name>.connectors',
      ],
    ],
    ['not UTF-8', Buffer.from([0x61, 0xff]), ['gateway.yaml: the file is not UTF-8 text; save it as UTF-8']],
    [
      'a tab',
      'listen:\n\tport: 1\n',
      [
        'gateway.yaml:2:1: found a tab in the indentation; YAML allows only spaces there. Replace it by spaces',
      ],
    ],
    [
      'two documents',
      `${GOOD}---\na: 1\n`,
      ['gateway.yaml:3:1: found a second document (---); expected one document'],
    ],
    [
      'a duplicate key',
      `docs: true\n${GOOD}docs: false\n`,
      ['gateway.yaml:4:1: found the key "docs" a second time; the first is on line 1. Remove one'],
    ],
    [
      'an alias without anchor',
      `${GOOD}docs: *nowhere\n`,
      [
        'gateway.yaml:3:7: docs: found an alias (*…) without its anchor (&…) above it, or inside what it repeats',
      ],
    ],
    [
      'an alias inside its anchor',
      'connectors: &all [ *all ]',
      [
        'gateway.yaml:1:20: connectors[0]: found an alias (*…) without its anchor (&…) above it, or inside what it repeats',
      ],
    ],
    [
      'an unquoted reference in braces',
      'listen: { port: ${PORT} }',
      [
        'gateway.yaml:1:18: found something that does not belong here. Put references like "${NAME}" in quotes inside { } and [ ], and check the indentation',
      ],
    ],
    [
      'a port that is text',
      `listen: { port: abc }\n${GOOD}`,
      ['gateway.yaml:1:17: listen.port: found "abc"; expected a whole number from 0 to 65535'],
    ],
    [
      'a port that is too large',
      `listen: { port: 65536 }\n${GOOD}`,
      ['gateway.yaml:1:17: listen.port: found the number 65536; expected a whole number from 0 to 65535'],
    ],
    [
      'a quoted boolean',
      `docs: "yes"\n${GOOD}`,
      ['gateway.yaml:1:7: docs: found "yes"; expected true or false'],
    ],
    ['a key without value', `store:\n${GOOD}`, [`gateway.yaml:1:7: store: ${NOTHING}`]],
    [
      'a text for a mapping',
      `listen: here\n${GOOD}`,
      ['gateway.yaml:1:9: listen: found "here"; expected a mapping with the keys host, port, trustProxy'],
    ],
    [
      'another store',
      `store: mysql:x\n${GOOD}`,
      [
        'gateway.yaml:1:8: store: found "mysql:x"; expected sqlite:PATH, e.g. sqlite:./data/tributary.db, or postgres://USER:PASSWORD@HOST/DATABASE',
      ],
    ],
    [
      'an unknown key at the top',
      `stor: x\n${GOOD}`,
      ['gateway.yaml:1:1: stor: there is no such setting. Did you mean "store"?'],
    ],
    [
      'an unknown key that is like none',
      `wibble: x\n${GOOD}`,
      [
        'gateway.yaml:1:1: wibble: there is no such setting. The keys here are deployment, listen, store, docs, console, reload, secrets, operators, orders, formance, connectors, reconciliation, alerts, tenants.',
      ],
    ],
    [
      'a key of every object',
      `__proto__: { x: 1 }\n${GOOD}`,
      [
        'gateway.yaml:1:1: __proto__: there is no such setting. The keys here are deployment, listen, store, docs, console, reload, secrets, operators, orders, formance, connectors, reconciliation, alerts, tenants.',
      ],
    ],
    [
      'an unknown plugin',
      `connectors:\n  ${connector({ plugin: 'sandbx' })}`,
      [
        'gateway.yaml:2:27: connectors[0].plugin: found "sandbx"; there is no such plugin. Did you mean "sandbox"?',
      ],
    ],
    [
      'a bad name',
      `connectors:\n  ${connector({ name: 'House' })}`,
      [`gateway.yaml:2:13: connectors[0].name: found "House"; ${EXPECTS_NAME}`],
    ],
    [
      'a name of digits',
      `connectors:\n  ${connector({ name: '12' })}`,
      [`gateway.yaml:2:13: connectors[0].name: found the number 12; ${EXPECTS_NAME}`],
    ],
    [
      'a reserved name',
      `connectors:\n  ${connector({ name: 'metrics' })}`,
      [
        'gateway.yaml:2:13: connectors[0].name: /metrics belongs to the gateway itself. Take a name other than console, docs, healthz, livez, metrics, operator, readyz',
      ],
    ],
    [
      "a name that is a resource's, behind a tenant",
      `tenants:\n  acme:\n    connectors:\n      ${connector({ name: 'accounts' })}`,
      [
        'gateway.yaml:4:17: tenants.acme.connectors[0].name: found "accounts": expected a name other than accounts, docs, feed: these are paths of a connector, so no connector of a tenant can have them',
      ],
    ],
    [
      'two connectors with one path',
      `connectors:\n  ${connector()}\n  ${connector()}\n`,
      [
        'gateway.yaml:3:13: connectors[1].name: found "sand", the same name as connectors[0].name: both would be mounted at /sand. Rename one of them',
      ],
    ],
    [
      'a tenant with the name of a connector',
      `${GOOD}tenants: { sand: { connectors: [ { name: bank, plugin: sandbox, apiKeys: [${OTHER_KEY}] } ] } }`,
      [
        'gateway.yaml:3:12: tenants.sand: found the same name as the connector connectors[0]: its URLs /sand/accounts and so on would be mixed with those of the tenant. Rename one of them',
      ],
    ],
    [
      'a bad name of a tenant',
      `${GOOD}tenants: { Acme: { connectors: [ { name: a, plugin: sandbox, apiKeys: [${OTHER_KEY}] } ] } }`,
      [
        'gateway.yaml:3:12: tenants.Acme: the name of a tenant must be 1 to 63 of the characters a-z, 0-9 and -, the first one not a -, e.g. house-bank',
      ],
    ],
    [
      'a tenant without connectors',
      `${GOOD}tenants: { acme: { connectors: [] } }`,
      [
        'gateway.yaml:3:32: tenants.acme.connectors: found an empty list; expected a list of at least one connector',
      ],
    ],
    [
      'a connector without name',
      `connectors:\n  - { plugin: sandbox, apiKeys: [${KEY}] }`,
      [`gateway.yaml:2:5: connectors[0].name: found nothing; ${EXPECTS_NAME}`],
    ],
    [
      'no API keys',
      `connectors:\n  - { name: a, plugin: sandbox }`,
      ['gateway.yaml:2:5: connectors[0].apiKeys: found nothing; expected a list of API keys'],
    ],
    [
      'an empty list of API keys',
      `connectors:\n  ${connector({ apiKeys: '[]' })}`,
      [
        'gateway.yaml:2:45: connectors[0].apiKeys: found an empty list; expected a list of at least one API key',
      ],
    ],
    [
      'an API key outside a list',
      `connectors:\n  ${connector({ apiKeys: KEY })}`,
      [
        'gateway.yaml:2:45: connectors[0].apiKeys: found a text that is not shown here; expected a list of API keys',
      ],
    ],
    [
      'a short API key',
      `connectors:\n  ${connector({ apiKeys: '[short]' })}`,
      [
        'gateway.yaml:2:46: connectors[0].apiKeys[0]: the API key has 5 characters, expected 16 to 512; make one with "tributary keys new"',
      ],
    ],
    [
      'an API key of digits',
      `connectors:\n  ${connector({ apiKeys: '[1234567890123456]' })}`,
      [
        'gateway.yaml:2:46: connectors[0].apiKeys[0]: found a number that is not shown here; expected an API key. Put it in quotes',
      ],
    ],
    [
      'one key twice',
      `connectors:\n  ${connector({ apiKeys: `[${KEY}, ${KEY}]` })}`,
      [
        'gateway.yaml:2:69: connectors[0].apiKeys[1]: found the same key as connectors[0].apiKeys[0]. Remove one',
      ],
    ],
    [
      'one key for two owners',
      `${GOOD}tenants: { acme: { connectors: [ { name: a, plugin: sandbox, apiKeys: ["sha256:${hashApiKey(KEY).toString('hex')}"] } ] } }`,
      [
        'gateway.yaml:3:72: tenants.acme.connectors[0].apiKeys[0]: found the same key as connectors[0].apiKeys[0]. It would open what belongs to the default tenant and to tenant acme. Make another with "tributary keys new"',
      ],
    ],
    [
      'a number without unit',
      `connectors:\n  ${connector({ sync: '{ every: 5 }' })}`,
      [
        'gateway.yaml:2:85: connectors[0].sync.every: found the number 5; expected a duration like 100ms, 5s, 2m or 1h, from 100ms to 24h',
      ],
    ],
    [
      'a duration that is too short',
      `connectors:\n  ${connector({ sync: '{ every: 99ms }' })}`,
      [
        'gateway.yaml:2:85: connectors[0].sync.every: found "99ms"; expected a duration like 100ms, 5s, 2m or 1h, from 100ms to 24h',
      ],
    ],
    [
      'an unknown setting of a plugin',
      `connectors:\n  ${connector({ settings: '{ acounts: 3 }' })}`,
      [
        'gateway.yaml:2:82: connectors[0].settings.acounts: there is no such setting. Did you mean "accounts"?',
      ],
    ],
    [
      'a wrong setting of a plugin',
      `connectors:\n  ${connector({ settings: '{ seed: x, outages: 2 }' })}`,
      [
        'gateway.yaml:2:88: connectors[0].settings.seed: found "x"; expected an integer number',
        'gateway.yaml:2:100: connectors[0].settings.outages: found the number 2; it must not be greater than 1',
      ],
    ],
    [
      'a missing variable',
      `store: "sqlite:\${WHERE}"\n${GOOD}`,
      [
        'gateway.yaml:1:8: store: environment variable WHERE is not set. Set it, or write a default: ${WHERE:-default}',
      ],
    ],
    [
      'an empty variable',
      `store: "sqlite:\${EMPTY}"\n${GOOD}`,
      [
        'gateway.yaml:1:8: store: environment variable EMPTY is empty. Set it, or write a default: ${EMPTY:-default}',
      ],
    ],
    [
      'a reference that does not end',
      `store: "sqlite:\${WHERE"\n${GOOD}`,
      [
        'gateway.yaml:1:8: store: found a "${" that does not begin a reference; expected ${NAME} or ${NAME:-default} with a name of letters, digits and _. Write $${ where a plain ${ is meant',
      ],
    ],
    [
      'a missing file',
      `store: file:/no/such/file\n${GOOD}`,
      ['gateway.yaml:1:8: store: the file /no/such/file cannot be read: there is none'],
    ],
  ])('%s', (_what, yaml, expected) => {
    expect(complaints(yaml, { EMPTY: '' })).toEqual(expected);
  });

  it('says everything at once, in the order of the file', () => {
    const found = complaints(
      `listen: { port: x }\nstor: y\nconnectors:\n  ${connector({ name: 'A' })}\n  ${connector({ plugin: 'b' })}\n`,
    );
    expect(found.map((line) => line.split(' ')[0])).toEqual([
      'gateway.yaml:1:17:',
      'gateway.yaml:2:1:',
      'gateway.yaml:4:13:',
      'gateway.yaml:5:27:',
    ]);
  });

  it('stops early at aliases that multiply', () => {
    const lines = Array.from(
      { length: 9 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(', ')}]`,
    );
    expect(complaints(['l0: &l0 [x]', ...lines].join('\n'))).toContain(
      'gateway.yaml: found more than 20000 values, all aliases written out',
    );
  });
});
