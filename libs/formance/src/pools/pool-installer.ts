/**
 * Creates a dynamic pool for each connector. The balance of the pool is the sum of the balances of all own accounts of the connector.
 * Formance finds these accounts by the metadata that the gateway serves. So an account that is opened later belongs to the pool without
 * further action.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DesiredConnector } from '../install/desired-connector.js';
import { FormanceError } from '../http/formance-error.js';
import type { PaymentsClient } from '../payments/payments-client.js';
import type { Pool, PoolQuery } from '../payments/payments.types.js';

/** The metadata key of an account that contains the path of its connector. */
const CONNECTOR_KEY = 'metadata[com.tributary.spec/connector]';

export interface PoolResult {
  /** The path of the connector. */
  path: string;
  /** The name of the pool. It is equal to the name of the connector in Formance. */
  name: string;
  poolId?: string;
  outcome: 'created' | 'updated' | 'unchanged' | 'blocked' | 'failed';
  /** The reason why no pool was created or updated. Absent after a success. */
  reason?: string;
}

/**
 * Creates and updates the pools. If one pool fails, the next ones are still processed. No pool is ever deleted.
 * @param isDryRun if true, the result contains what would be done, and nothing is changed
 * @throws FormanceError if the list of pools cannot be read from Formance
 */
export async function installPools(
  client: PaymentsClient,
  connectors: readonly Pick<DesiredConnector, 'path' | 'originalPath' | 'name'>[],
  isDryRun: boolean,
): Promise<PoolResult[]> {
  const pools: Pool[] = [];
  for await (const pool of client.listPools()) pools.push(pool);
  const results: PoolResult[] = [];
  for (const { path, originalPath = path, name } of connectors) {
    const own = pools.filter((pool) => pool.name === name);
    const query = createQuery(originalPath);
    results.push({ path, name, ...(await installPool(client, name, query, own, isDryRun)) });
  }
  return results;
}

async function installPool(
  client: PaymentsClient,
  name: string,
  query: PoolQuery,
  [existing, ...others]: readonly Pool[],
  isDryRun: boolean,
): Promise<Omit<PoolResult, 'path' | 'name'>> {
  if (others.length > 0)
    return { outcome: 'blocked', reason: `Formance has ${others.length + 1} pools with this name` };
  if (existing !== undefined && existing.query === undefined)
    return {
      outcome: 'blocked',
      poolId: existing.id,
      reason: 'Formance has a static pool with this name. Delete or rename it in Formance',
    };
  try {
    if (existing === undefined)
      return { outcome: 'created', ...(isDryRun ? {} : { poolId: await client.createPool(name, query) }) };
    if (isDeepStrictEqual(existing.query, query)) return { outcome: 'unchanged', poolId: existing.id };
    if (!isDryRun) await client.updatePoolQuery(existing.id, query);
    return { outcome: 'updated', poolId: existing.id };
  } catch (error) {
    if (!(error instanceof FormanceError)) throw error;
    return { outcome: 'failed', reason: error.message };
  }
}

/** Creates the query of a pool. Only own accounts match it, because counterparties of the connector do not have this metadata. */
function createQuery(path: string): PoolQuery {
  return { $match: { [CONNECTOR_KEY]: path } };
}
