/** Serves the sandbox's data as Formance reads it, and gives a fake of Formance Payments the objects that it would create from this data. */
import { pino } from 'pino';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { createGateway } from '../../apps/gateway/src/gateway.js';
import type { FakeFormance } from '../../libs/formance/src/testing/fake-formance.js';

export interface Row {
  id: string;
  relatedTransactionID?: string;
  createdAt: string;
  type: string;
  status: string;
  amount: string;
  currency: string;
}

export interface Balance {
  /** The asset. */
  currency: string;
  /** The amount in minor units, as decimal digits. */
  amount: string;
}

/**
 * Pulls everything from the sandbox, and reads lists and balances as Formance does. The gateway is then stopped, because it stores the
 * positions of its readers when it stops.
 */
export async function serveEverything(config: string, key: string) {
  const gateway = await createGateway(loadDeployment(config), {
    ...{ logger: pino({ level: 'silent' }), sync: false, drainTimeoutMs: 0 },
  });
  await gateway.listen();
  await gateway.syncEngine.runOnce();
  const get = async (path: string) => {
    const headers = { authorization: `Bearer ${key}` };
    return (await fetch(`${gateway.url}/bank/${path}`, { headers })).json();
  };
  const read = (stream: string) => get(`${stream}?pageSize=1000`) as Promise<Row[]>;
  const rows = {
    accounts: await read('accounts'),
    beneficiaries: await read('beneficiaries'),
    transactions: await read('transactions'),
  };
  const balances = new Map<string, Balance[]>();
  for (const { id } of rows.accounts)
    balances.set(id, ((await get(`accounts/${id}/balances`)) as { balances: Balance[] }).balances);
  await gateway.close();
  return { ...rows, balances };
}

/** Adds the accounts, beneficiaries and balances that Formance would create. Each balance had another amount before. */
export function addAccounts(
  fake: FakeFormance,
  accounts: readonly Row[],
  beneficiaries: readonly Row[],
  balances: ReadonlyMap<string, readonly Balance[]>,
): void {
  fake.accounts.push(
    ...accounts.map(({ id }) => ({ id: `a-${id}`, reference: id, type: 'INTERNAL' })),
    ...beneficiaries.map(({ id }) => ({ id: `a-${id}`, reference: id, type: 'EXTERNAL' })),
  );
  for (const [id, amounts] of balances) {
    const rows = amounts.map(({ currency, amount }) => ({ asset: currency, balance: Number(amount) }));
    fake.balances.set(`a-${id}`, [...rows, ...rows.map((row) => ({ ...row, balance: row.balance - 7 }))]);
  }
}

/** Returns the payment that Formance creates from these rows if it reads the original first. */
export function toPayment(key: string, rows: readonly Row[]) {
  const [first] = rows as [Row];
  const change = { REFUNDED: -1n, CAPTURE: 1n, REFUND_REVERSED: 1n } as Record<string, bigint | undefined>;
  const changes = rows.map(({ status, amount }) => (change[status] ?? 0n) * BigInt(amount));
  const newest = rows.reduce((last, row) => (row.createdAt < last.createdAt ? last : row));
  return {
    ...{ id: `id of ${key}`, reference: first.relatedTransactionID ?? first.id },
    // Formance writes the type PAYIN in another form.
    type: first.type === 'PAYIN' ? 'PAY-IN' : first.type,
    ...{ asset: first.currency, initialAmount: Number(first.amount), status: newest.status },
    amount: Number(changes.reduce((sum, each) => sum + each, BigInt(first.amount))),
    adjustments: rows.map(({ id, createdAt, status }) => ({ reference: id, createdAt, status })),
  };
}
