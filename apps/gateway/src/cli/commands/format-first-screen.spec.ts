import { hashApiKey } from '@tributary/auth';
import { loadDeployment, type Deployment } from '../../config/index.js';
import { formatFirstScreen, type StreamCounts } from './format-first-screen.js';

const EXAMPLE = loadDeployment('examples/gateway.yaml', {});
const URL = 'http://127.0.0.1:3000';

const show = (deployment: Deployment, counts: Map<string, StreamCounts> | undefined, isForPerson = true) =>
  formatFirstScreen(deployment, { url: URL, counts, isForPerson }).split('\n');

const countsOf = (...rows: number[]) =>
  new Map(
    EXAMPLE.connectors.map(({ path }, index) => [
      path,
      { accounts: rows[index] ?? 0, beneficiaries: 0, transactions: rows[index] ?? 0 },
    ]),
  );

describe('the first screen', () => {
  it('says what is served, where to look, and that the store is empty', () => {
    const lines = show(EXAMPLE, countsOf());
    expect(lines[0]).toMatch(/^Tributary \S+ serves 4 connectors of examples\/gateway\.yaml\.$/);
    expect(lines).toContain(`${URL}/acme/house-bank  sandbox          docs: ${URL}/acme/house-bank/docs`);
    expect(lines).toContain('Store:    sqlite:./data/demo.db, empty: the first pulls start now');
    expect(lines).toContain(`Overview: ${URL}/`);
    expect(lines.length).toBeLessThanOrEqual(24);
  });

  it('shows the console, with the demo key on a terminal only', () => {
    const console = (deployment: Deployment, isForPerson: boolean) =>
      show(deployment, countsOf(), isForPerson).find((line) => line.startsWith('Console:'));
    const url = `Console:  ${URL}/console/`;
    expect(console(EXAMPLE, true)).toBe(`${url} (log in with demo-key-of-the-operator)`);
    expect(console(EXAMPLE, false)).toBe(url);
    expect(console({ ...EXAMPLE, operatorKeys: [] }, true)).toBe(url);
    expect(console({ ...EXAMPLE, console: false }, true)).toBeUndefined();
  });

  it('says what a filled store holds, for each connector that has rows', () => {
    const lines = show(EXAMPLE, countsOf(3, 0, 7));
    expect(lines).toContain('Store:    sqlite:./data/demo.db, rows in the feeds:');
    expect(lines.filter((line) => line.includes('transactions'))).toEqual([
      '          /house-bank     3 accounts, 0 beneficiaries, 3 transactions',
      '          /rough-sandbox  7 accounts, 0 beneficiaries, 7 transactions',
    ]);
    expect(lines.length).toBeLessThanOrEqual(24);
  });

  it('says it if the store cannot be read', () => {
    expect(show(EXAMPLE, undefined)).toContain(
      'Store:    sqlite:./data/demo.db, which cannot be read at the moment',
    );
  });

  it('shows a request with the demo key on a terminal only, and no other key', () => {
    const request = (deployment: Deployment, isForPerson: boolean) =>
      show(deployment, countsOf(), isForPerson).find((line) => line.startsWith('Try:'));
    const withKey = `Try:      curl -H 'Authorization: Bearer demo-key-of-house-bank' ${URL}/house-bank/accounts`;
    const withoutKey = `Try:      curl -H "Authorization: Bearer $KEY" ${URL}/house-bank/accounts`;
    expect(request(EXAMPLE, true)).toBe(withKey);
    expect(request(EXAMPLE, false)).toBe(withoutKey);
    const [first, ...others] = EXAMPLE.connectors;
    const apiKeys = [{ hash: hashApiKey('a-key-that-is-secret'), scopes: ['read' as const] }];
    const secrets = [...EXAMPLE.secrets, 'a-key-that-is-secret'];
    expect(request({ ...EXAMPLE, secrets, connectors: [{ ...first!, apiKeys }, ...others] }, true)).toBe(
      withoutKey,
    );
  });

  it('lists at most 20 connectors', () => {
    const connectors = Array.from({ length: 1000 }, (_, index) => ({
      ...EXAMPLE.connectors[0]!,
      path: `bank-${index}`,
    }));
    const lines = show({ ...EXAMPLE, connectors }, new Map());
    expect(lines.filter((line) => line.startsWith(URL))).toHaveLength(20);
    expect(lines).toContain('… and 980 more; "tributary check" lists all');
  });
});
