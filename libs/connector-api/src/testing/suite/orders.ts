/** Test harness for orders: creates orders as the gateway does, submits them and compares the PSP's payments. */
import { createHash, randomUUID } from 'node:crypto';
import { ORDER_KINDS } from '../../orders.js';
import type { Order, OrderKind, OrderResult } from '../../orders.js';
import type { Psp } from '../../plugin.js';
import { expectThat, fail, given } from './assertions.js';
import type { Scene } from './scene.js';
import type { OrderWorld } from './suite.types.js';
import type { Trial } from './trial.js';

/** A plugin harness for orders of one kind. */
export interface Desk {
  scene: Scene;
  world: OrderWorld;
  psp: Psp;
  kind: OrderKind;
  order(more?: Partial<Order>): Order;
  /** Submits an order to the plugin. */
  pay(order: Order): Promise<OrderResult>;
}

/** Runs an order check for each order kind that the plugin supports. Each kind gets a new fake PSP. */
export async function forEachKind(trial: Trial, run: (desk: Desk) => Promise<void>): Promise<void> {
  let kinds = 0;
  for (const kind of ORDER_KINDS) {
    const scene = await trial.open();
    const world = given(scene.world.orders, 'orders');
    const psp = await scene.psp();
    if (methodOf(psp, kind) === undefined) continue;
    kinds += 1;
    const parties = given(
      kind === 'PAYOUT' ? world.payout : world.transfer,
      kind === 'PAYOUT' ? 'orders.payout' : 'orders.transfer',
    );
    await run({
      ...{ scene, world, psp, kind },
      order: (more) => makeOrder(trial, scene, kind, { ...parties, ...more }),
      pay: async (order) => (methodOf(psp, kind) ?? fail('the method is gone'))(order),
    });
  }
  expectThat(kinds > 0, 'the plugin has "orders", but neither createPayout nor createTransfer');
}

/** Asserts that the PSP executed exactly these orders, with exactly their idempotency keys. */
export async function expectPaid({ world }: Desk, orders: readonly Order[], when: string): Promise<void> {
  const tell = (key: string, amount: bigint, asset: string) => `${amount} of ${asset} under the key ${key}`;
  const paid = (await world.paid()).map(({ key, amount }) => tell(key, amount.amount, amount.asset)).sort();
  const due = orders.map(({ key, amount }) => tell(key, amount.amount, amount.asset)).sort();
  expectThat(
    JSON.stringify(paid) === JSON.stringify(due),
    `${when}: expected the PSP to have paid ${due.join(' and ') || 'nothing'}; it has paid ${paid.join(' and ') || 'nothing'}`,
  );
}

function methodOf(psp: Psp, kind: OrderKind): ((order: Order) => Promise<OrderResult>) | undefined {
  switch (kind) {
    case 'PAYOUT':
      return psp.createPayout?.bind(psp);
    case 'TRANSFER':
      return psp.createTransfer?.bind(psp);
  }
}

function makeOrder(
  { plugin }: Trial,
  { clock }: Scene,
  kind: OrderKind,
  more: Partial<Order> & Pick<Order, 'sourceAccountId' | 'destinationAccountId'>,
): Order {
  const reference = `salary ${randomUUID()}`;
  return {
    kind,
    key: keyOf(plugin.orders?.key ?? 'uuid', reference),
    reference,
    amount: { amount: 1234n, asset: 'EUR/2' },
    description: 'by the inherited suite',
    metadata: {},
    createdAt: new Date(clock.now()).toISOString(),
    ...more,
  };
}

function keyOf(form: 'uuid' | { length: number }, reference: string): string {
  if (form === 'uuid') return randomUUID();
  const letters = BigInt(`0x${createHash('sha256').update(reference).digest('hex')}`).toString(36);
  return letters.slice(0, form.length);
}
