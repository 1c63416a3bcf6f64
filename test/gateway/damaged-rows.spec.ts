/** Tests that a gateway detects rows that were altered in its database. It must not respond with broken JSON. */
import { runSql } from '../../libs/feed/src/testing/raw-sql.js';
import { createTransactions, startGateway, type TestGateway } from './test-gateway.js';

let gateway: TestGateway;
afterEach(() => gateway.stop());

it('answers 500 with a clear text when a page with a broken row is requested again, and serves the other pages', async () => {
  gateway = await startGateway({ connectors: [{ path: 'bank' }] });
  const key = gateway.key('bank');
  await gateway.appendRecords('bank', 'transactions', createTransactions(250));
  await runSql(gateway.storeUrl, `update feed_rows set body = substr(body, 2) where seq = 120`);

  // The gateway does not check a long page at its first request. If a client cannot read the page, it requests the page again.
  const unchecked = await gateway.get('/bank/transactions?page=2', key);
  await expect(unchecked.json()).rejects.toThrow('JSON');
  for (let request = 0; request < 2; request++) {
    const repeated = await gateway.get('/bank/transactions?page=2', key);
    expect(repeated.status).toBe(500);
  }
  const broken = await gateway.get('/bank/transactions?page=2', key);
  expect(await broken.json()).toEqual({
    Title: 'Stored data damaged',
    Detail: expect.stringContaining("Rows of this page are damaged in the gateway's database") as string,
  });
  expect(gateway.log.filter((line) => line.includes('found something else in row 120 ('))).not.toEqual([]);
  const intact = await gateway.get('/bank/transactions?page=1', key);
  expect(intact.status).toBe(200);
  expect(await intact.json()).toHaveLength(100);
});
