/** Tests that pools are created once, that a pool with another query is corrected, and that no pool is deleted. */
import { connectToFake } from '../testing/test-connection.js';
import { FakeFormance } from '../testing/fake-formance.js';
import { installPools } from './pool-installer.js';

const CONNECTORS = ['new', 'other-query', 'static', 'twice'].map((name) => ({ path: `acme/${name}`, name }));
const getQuery = (path: string) => ({ $match: { 'metadata[com.tributary.spec/connector]': path } });

it('keeps the pool of a renamed connector, because the metadata of its accounts contains the first path', async () => {
  const fake = await FakeFormance.start();
  const { client, connection } = connectToFake(fake);
  try {
    fake.pools.push({ id: '1', name: 'bank', type: 'DYNAMIC', query: getQuery('bank') });
    const connector = { path: 'house-bank', originalPath: 'bank', name: 'bank' };
    expect(await installPools(client, [connector], false)).toMatchObject([
      { path: 'house-bank', outcome: 'unchanged' },
    ]);
    expect(fake.writes).toEqual([]);
  } finally {
    connection.close();
    await fake.close();
  }
});

it('creates and updates dynamic pools, and a second run changes nothing', async () => {
  const fake = await FakeFormance.start();
  const { client, connection } = connectToFake(fake);
  try {
    fake.pools.push(
      { id: '1', name: 'other-query', type: 'DYNAMIC', query: getQuery('old-path') },
      { id: '2', name: 'static', type: 'STATIC', poolAccounts: ['a'] },
      { id: '3', name: 'twice', type: 'DYNAMIC', query: getQuery('acme/twice') },
      { id: '4', name: 'twice', type: 'DYNAMIC', query: getQuery('acme/twice') },
    );
    const list = async (isDryRun: boolean) =>
      (await installPools(client, CONNECTORS, isDryRun)).map(({ name, outcome }) => `${name} ${outcome}`);
    const first = ['new created', 'other-query updated', 'static blocked', 'twice blocked'];
    expect(await list(true)).toEqual(first);
    expect(fake.writes).toEqual([]);
    expect(await list(false)).toEqual(first);
    expect(fake.writes).toEqual(['POST /v3/pools', 'PATCH /v3/pools/1/query']);
    expect(await list(false)).toEqual(['new unchanged', 'other-query unchanged', ...first.slice(2)]);
    expect(fake.writes).toHaveLength(2);
    expect(fake.pools.map(({ name, query }) => [name, query])).toEqual([
      ['other-query', getQuery('acme/other-query')],
      ['static', undefined],
      ['twice', getQuery('acme/twice')],
      ['twice', getQuery('acme/twice')],
      ['new', getQuery('acme/new')],
    ]);
  } finally {
    connection.close();
    await fake.close();
  }
});
