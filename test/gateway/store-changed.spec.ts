/**
 * Tests a gateway whose store is replaced or restored while the gateway runs. The gateway must serve nothing and report the reason, and
 * `serve` must end with a specific exit code.
 */
import { hashApiKey } from '@tributary/auth';
import { openStore } from '@tributary/feed';
import { rmSync } from 'node:fs';
import { EXIT_CODES } from '../../apps/gateway/src/cli/shared/cli-error.js';
import { serve } from '../../apps/gateway/src/cli/commands/serve.command.js';
import { runSql } from '../../libs/feed/src/testing/raw-sql.js';
import { SQLITE_STORE, STORES } from '../../libs/feed/src/testing/stores.js';
import { createTransactions, startGateway, testPlugin, TestSettings } from './test-gateway.js';

describe.each(STORES)('a gateway on $name in an older state', (kind) => {
  it('answers 503 to everything that needs the store, cached pages too, and logs and counts it', async () => {
    const fresh = await kind.create();
    const gateway = await startGateway({
      connectors: [{ path: 'bank' }],
      deployment: { store: fresh.url },
    });
    await gateway.appendRecords('bank', 'transactions', createTransactions(100));
    const status = async (path: string) => (await gateway.get(path, gateway.key('bank'))).status;
    // The gateway keeps a page in memory after the second request for it.
    for (let request = 0; request < 3; request++) expect(await status('/bank/transactions')).toBe(200);
    const { store } = gateway.gateway;
    await store.writeHeartbeat();
    await store.writeHeartbeat();
    await runSql(fresh.url, 'update store_identity set beat = 0');
    await expect(store.writeHeartbeat()).rejects.toThrow('changed under this gateway');
    expect(await gateway.gateway.storeChange).toMatchObject({ name: 'StoreChangedError' });
    for (const path of ['/readyz', '/bank/transactions', '/bank/accounts', '/bank/accounts/a/balances'])
      expect({ path, status: await status(path) }).toEqual({ path, status: 503 });
    expect(await status('/healthz')).toBe(200);
    expect(gateway.log.join('')).toMatch(/"level":"error".*the store changed under this gateway/);
    const metrics = await (await gateway.get('/metrics', gateway.operatorKey)).text();
    expect(metrics).toContain('tributary_store_changed 1');
    await gateway.stop();
    await fresh.remove();
  });
});

it('serve ends with exit code 4 when the file of the store is deleted', async () => {
  const fresh = await SQLITE_STORE.create();
  await (await openStore(fresh.url)).close();
  const terminal = { isInteractive: false, out: () => {}, err: () => deleteFile() };
  const deleteFile = () => rmSync(fresh.url.slice('sqlite:'.length));
  const running = serve(
    {
      file: 'test.yaml',
      listen: { host: '127.0.0.1', port: 0, trustProxy: false },
      store: fresh.url,
      connectors: [
        {
          ...{ name: 'bank', path: 'bank', plugin: testPlugin, settings: new TestSettings() },
          apiKeys: [{ hash: hashApiKey('key'), scopes: ['read'] }],
          orders: { largest: new Map(), perDay: new Map(), alertAfterMs: 900_000 },
          syncIntervalMs: 3_600_000,
        },
      ],
      ...{
        operatorKeys: [],
        orders: { resolveByTwo: false },
        policies: [],
        docs: false,
        console: false,
        secrets: [],
      },
    },
    'silent',
    terminal,
  );
  await expect(running).rejects.toMatchObject({ exitCode: EXIT_CODES.storeChanged });
  await fresh.remove();
});
