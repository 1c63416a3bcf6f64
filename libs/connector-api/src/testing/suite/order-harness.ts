/** A test harness for orders. It creates orders as the gateway does, submits them, and compares them with the payments of the fake PSP. */
import { createHash, randomUUID } from 'node:crypto';
import { ORDER_KINDS } from '../../order.types.js';
import type { Order, OrderKind, OrderResult } from '../../order.types.js';
import type { Plugin, PspClient } from '../../plugin.js';
import { expectThat, failCheck, requireFixturePart } from './assertions.js';
import type { PluginHarness } from './plugin-harness.js';
import type { OrderFixture } from './suite.types.js';
import type { Check } from './check.js';
import type { CheckContext } from './check-context.js';

/** A plugin harness for orders of one kind. */
export interface OrderHarness {
  harness: PluginHarness;
  fixture: OrderFixture;
  psp: PspClient;
  kind: OrderKind;
  createOrder(more?: Partial<Order>): Order;
  /** Submits an order to the plugin. */
  submit(order: Order): Promise<OrderResult>;
}

/** Creates a check that runs for each kind of order of a plugin with orders. */
export function createOrderCheck(name: string, run: (orderHarness: OrderHarness) => Promise<void>): Check {
  return {
    name,
    appliesTo: (plugin: Plugin) => plugin.orders !== undefined,
    run: (context) => forEachOrderKind(context, run),
  };
}

/** Runs an order check for each kind of order that the plugin supports. Each run gets a new fake PSP. */
export async function forEachOrderKind(
  context: CheckContext,
  run: (orderHarness: OrderHarness) => Promise<void>,
): Promise<void> {
  let kinds = 0;
  for (const kind of ORDER_KINDS) {
    const harness = await context.createHarness();
    const fixture = requireFixturePart(harness.fixture.orders, 'orders');
    const psp = await harness.createPsp();
    if (getOrderMethod(psp, kind) === undefined) continue;
    kinds += 1;
    const parties = requireFixturePart(
      kind === 'PAYOUT' ? fixture.payout : fixture.transfer,
      kind === 'PAYOUT' ? 'orders.payout' : 'orders.transfer',
    );
    await run({
      ...{ harness, fixture, psp, kind },
      createOrder: (more) => buildOrder(context, harness, kind, { ...parties, ...more }),
      submit: async (order) => (getOrderMethod(psp, kind) ?? failCheck('the method is gone'))(order),
    });
  }
  expectThat(kinds > 0, 'the plugin has "orders", but neither createPayout nor createTransfer');
}

/** Checks that the PSP executed exactly these orders, each with its own idempotency key. */
export async function expectPayments(
  { fixture }: OrderHarness,
  orders: readonly Order[],
  when: string,
): Promise<void> {
  const formatPayment = (key: string, amount: bigint, asset: string) =>
    `${amount} of ${asset} under the key ${key}`;
  const paid = (await fixture.getPayments())
    .map(({ key, amount }) => formatPayment(key, amount.amount, amount.asset))
    .sort();
  const due = orders
    .map(({ idempotencyKey, amount }) => formatPayment(idempotencyKey, amount.amount, amount.asset))
    .sort();
  expectThat(
    JSON.stringify(paid) === JSON.stringify(due),
    `${when}: expected the PSP to have paid ${due.join(' and ') || 'nothing'}; it has paid ${paid.join(' and ') || 'nothing'}`,
  );
}

function getOrderMethod(
  psp: PspClient,
  kind: OrderKind,
): ((order: Order) => Promise<OrderResult>) | undefined {
  switch (kind) {
    case 'PAYOUT':
      return psp.createPayout?.bind(psp);
    case 'TRANSFER':
      return psp.createTransfer?.bind(psp);
  }
}

function buildOrder(
  { plugin }: CheckContext,
  { clock, fixture }: PluginHarness,
  kind: OrderKind,
  more: Partial<Order> & Pick<Order, 'sourceAccountId' | 'destinationAccountId'>,
): Order {
  const reference = `salary ${randomUUID()}`;
  return {
    kind,
    idempotencyKey: createIdempotencyKey(plugin.orders?.keyFormat ?? 'uuid', reference),
    reference,
    amount: { amount: 1234n, asset: getOrderAsset(fixture.orders) },
    description: 'by the inherited suite',
    metadata: {},
    createdAt: new Date(clock.now()).toISOString(),
    ...more,
  };
}

/** Returns the asset of the orders of the suite. */
export function getOrderAsset(orders: Pick<OrderFixture, 'currency'> | undefined): string {
  return `${orders?.currency ?? 'EUR'}/2`;
}

function createIdempotencyKey(form: 'uuid' | { length: number }, reference: string): string {
  if (form === 'uuid') return randomUUID();
  const letters = BigInt(`0x${createHash('sha256').update(reference).digest('hex')}`).toString(36);
  return letters.slice(0, form.length);
}
