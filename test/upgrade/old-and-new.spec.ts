/**
 * Tests an upgrade without downtime: the program of an older release and the program of this release run on one PostgreSQL store. The older
 * program is built from the history of the repository. In a clone without history, these tests are skipped.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runSql } from '../../libs/feed/src/testing/raw-sql.js';
import { POSTGRES_STORE, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { findFreePort } from '../orders/deployment.js';
import { GatewayProcess } from '../orders/gateway-process.js';
import { findRepeatedReturns } from './find-repeated-returns.js';
import { buildOldRelease, findOldCommit, type OldRelease, type OldVersion } from './old-release.js';
import { formatPayingConnector, PayingClient, type Payout } from './paying-client.js';

/** The path of a program that replaces the program of this release. It is used to confirm that the tests fail with a wrong program. */
const NEW_PROGRAM = process.env['TRIBUTARY_UPGRADE_PROGRAM'];
const ORDERS = 6;
const RETURN_MS = 6000;
const MAX_WAIT_MS = 90_000;

/** The schema versions of the older releases. The soak test also includes version 7. */
const VERSIONS = (process.env['UPGRADE_VERSIONS'] ?? '5').split(',').map((text) => {
  const version = Number(text) as OldVersion;
  return { version, commit: findOldCommit(version) };
});

describe.each(VERSIONS)(
  'a gateway of schema version $version beside one of this release',
  ({ version, commit }) => {
    if (commit === undefined) {
      it.skip(`is not tested: this clone has no commit with schema version ${version}`, () => {});
      return;
    }
    let release: OldRelease;
    let fresh: FreshStore;
    let directory: string;
    const processes: GatewayProcess[] = [];

    beforeAll(async () => {
      release = buildOldRelease(commit);
      fresh = await POSTGRES_STORE.create();
      directory = mkdtempSync(join(tmpdir(), 'tributary-upgrade-'));
    }, 300_000);

    afterAll(async () => {
      for (const each of processes) await each.kill();
      await fresh.remove();
      release.remove();
      rmSync(directory, { recursive: true });
    });

    async function startGateway(name: string, program: string | undefined) {
      const port = await findFreePort();
      const [file, log] = [join(directory, `${name}.yaml`), join(directory, `${name}.log`)];
      const connector = formatPayingConnector('pay', 1, join(directory, 'psp.jsonl'));
      writeFileSync(file, `listen: { port: ${port} }\nstore: '${fresh.url}'\nconnectors:\n${connector}`);
      const url = `http://127.0.0.1:${port}`;
      const gateway = new GatewayProcess(file, url, log, program);
      processes.push(gateway);
      await gateway.start();
      return { gateway, log, url, client: new PayingClient(url, 'pay') };
    }

    it('writes nothing that contradicts it: one row for each return, no success after it, no order lost or paid twice', async () => {
      const old = await startGateway('old', release.program);
      const sent: Payout[] = [];
      const send = (client: PayingClient, reference: string) => {
        const payout: Payout = { reference, fate: 'returns', afterMs: RETURN_MS };
        sent.push(payout);
        return client.pay(payout);
      };
      const before = await Promise.all(
        Array.from({ length: ORDERS }, (_, number) => send(old.client, `before-${number}`)),
      );
      expect(before.map(({ status }) => status)).toEqual(before.map(() => 201));
      // These orders are returned before the upgrade, so the old program has published all of these returns.
      await waitForReturns(ORDERS);
      const during = Array.from({ length: ORDERS }, (_, number) => send(old.client, `during-${number}`));
      const upgraded = await startGateway('new', NEW_PROGRAM);
      await Promise.all(during);
      if (version === 9) await waitUntil('the old program ends', async () => old.gateway.exitCode !== null);
      const { status: statusOfOld } = await send(old.client, 'after');
      // Clients repeat the orders that were not accepted. They send them to the gateway that accepts orders.
      for (const payout of sent.slice(ORDERS)) expect((await upgraded.client.pay(payout)).status).toBe(201);
      await waitForReturns(sent.length);
      // Both programs pull several more times.
      await sleep(5000);
      expect(await findRepeatedReturns(fresh.url)).toEqual([]);
      const keys = readFileSync(join(directory, 'psp.jsonl'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(readKey);
      expect(new Set(keys).size).toBe(sent.length);
      const log = readFileSync(old.log, 'utf8');
      expect(log).toMatch(version === 9 ? 'the store changed under this gateway' : 'has upgraded this store');
      expect({ statusOfOld, exitCode: old.gateway.exitCode }).toEqual(
        version === 9 ? { statusOfOld: 0, exitCode: 4 } : { statusOfOld: 503, exitCode: null },
      );
    }, 300_000);

    function waitForReturns(count: number): Promise<void> {
      return waitUntil(`${count} returns are published`, async () => {
        const rows = await runSql(
          fresh.url,
          "select distinct record_id from feed_rows where record_id like '%-return'",
        );
        return rows.length >= count;
      });
    }
  },
);

function readKey(line: string): string {
  return (JSON.parse(line) as { key: string }).key;
}

async function waitUntil(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + MAX_WAIT_MS; !(await isTrue()); await sleep(100))
    if (performance.now() > end) throw new Error(`not within ${MAX_WAIT_MS} ms: ${what}`);
}
