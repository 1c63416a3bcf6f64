/**
 * Checks of lookups of orders to which the PSP returns an object of another order. Such an object must not decide the result of the order: a
 * payment that was executed would be paid again, or a payment that was not executed would count as paid.
 */
import { JsonNumber } from '../../../http/json-number.js';
import type { Order, OrderResult } from '../../../order.types.js';
import { expectThat, requireFixturePart } from '../assertions.js';
import { changeJsonValues, isJsonObject } from '../change-json-properties.js';
import { createOrderCheck } from '../order-harness.js';
import type { OrderHarness } from '../order-harness.js';

/** The amount of the orders of the suite in minor units, and another amount. Both have the same number of digits. */
const [AMOUNT, OTHER_AMOUNT] = ['1234', '1243'];

export const ORDER_LOOKUP_FAULT_CHECKS = [
  createOrderCheck(
    'order faults: findOrder takes only the object with the key and the amount of the order',
    async (orderHarness) => {
      const other = orderHarness.createOrder().idempotencyKey;
      const order = orderHarness.createOrder();
      const { id } = await orderHarness.submit(order);
      const replaceKey = (text: string) => text.replaceAll(order.idempotencyKey, other);
      for (const asked of listLookups(orderHarness, order, id)) {
        await expectNotFound(orderHarness, asked, 'another key', (body) =>
          changeJsonValues(body, (value) => (typeof value === 'string' ? replaceKey(value) : value)),
        );
        await expectNotFound(orderHarness, asked, 'another amount', (body) =>
          changeJsonValues(body, changeAmount),
        );
      }
    },
  ),
  createOrderCheck(
    'order faults: findOrder recognises the key in capital letters and with a blank',
    async (orderHarness) => {
      const order = orderHarness.createOrder();
      const { id } = await orderHarness.submit(order);
      for (const asked of listLookups(orderHarness, order, id))
        for (const [form, written] of listWrittenForms(order.idempotencyKey))
          await expectFound(orderHarness, asked, form, order.idempotencyKey, written);
    },
  ),
  createOrderCheck(
    'order faults: findOrder takes none of two objects with the key of the order',
    async (orderHarness) => {
      const order = orderHarness.createOrder();
      const { id } = await orderHarness.submit(order);
      for (const asked of listLookups(orderHarness, order, id))
        await expectNotFound(orderHarness, asked, 'a second object that differs in its ids', (body) =>
          doubleObject(body, order.idempotencyKey),
        );
    },
  ),
];

/** Returns the lookups that the gateway makes: by the key if the PSP finds orders by it, and by the id of the PSP. */
function listLookups({ harness }: OrderHarness, order: Order, pspId: string): Order[] {
  return [...(harness.plugin.orders?.findsOrdersByIdOnly === true ? [] : [order]), { ...order, pspId }];
}

/** Returns other forms of a key: a PSP can store a UUID in capital letters, and a bank can break a text into lines. */
function listWrittenForms(key: string): [string, string][] {
  return [
    ['in capital letters', key.toUpperCase()],
    ['with a blank', `${key.slice(0, 9)} ${key.slice(9)}`],
  ];
}

/** Checks that a lookup finds the order although the PSP returns the key in another form. */
async function expectFound(
  { harness, psp }: OrderHarness,
  asked: Order,
  form: string,
  key: string,
  written: string,
): Promise<void> {
  if (psp.findOrder === undefined) return;
  const { fake } = requireFixturePart(harness.fixture.http, 'http');
  fake.transformResponse = ({ method }, body) =>
    method === 'GET'
      ? changeJsonValues(body, (value) =>
          typeof value === 'string' ? value.replaceAll(key, written) : value,
        )
      : body;
  let problem: string | undefined;
  const found = await psp.findOrder(asked).catch((error: unknown) => void (problem = String(error)));
  fake.transformResponse = undefined;
  expectThat(
    typeof found === 'object',
    `findOrder ${describeLookup(asked)}: the PSP returned the key ${form}, and the result is ${problem ?? 'that there is no such order'}: ` +
      'return the key with getKey, so that selectOrderObject compares it',
  );
}

function describeLookup({ pspId }: Order): string {
  return pspId === undefined ? 'by the key' : 'by the id';
}

/**
 * Checks that a lookup fails or finds nothing if the PSP's responses are changed.
 * @param change returns a changed copy of the body, or an equal copy if there is nothing to change. In this case, the lookup is not checked
 */
async function expectNotFound(
  { harness, psp }: OrderHarness,
  asked: Order,
  what: string,
  change: (body: unknown) => unknown,
): Promise<void> {
  if (psp.findOrder === undefined) return;
  const { fake } = requireFixturePart(harness.fixture.http, 'http');
  let isChanged = false;
  fake.transformResponse = ({ method }, body) => {
    if (method !== 'GET') return body;
    const changed = change(body);
    isChanged ||= JSON.stringify(changed) !== JSON.stringify(body);
    return changed;
  };
  const found = await psp.findOrder(asked).catch((): OrderResult | undefined => undefined);
  fake.transformResponse = undefined;
  expectThat(
    found === undefined || !isChanged,
    `findOrder ${describeLookup(asked)}: the PSP returned ${what}, and the order is ${found?.status}; ` +
      'expected a PspError "unavailable"',
  );
}

/** Changes a value that is the amount of the order, as a number or as text, in minor or in major units. */
function changeAmount(value: unknown): unknown {
  const text = value instanceof JsonNumber ? value.source : value;
  if (typeof text === 'number') return text === Number(AMOUNT) ? Number(OTHER_AMOUNT) : text;
  if (typeof text !== 'string' || !/^-?\d+(\.\d+)?$/.test(text)) return value;
  if (text.replaceAll(/[-.]/g, '') !== AMOUNT) return value;
  const changed = text.replace('34', '43');
  return value instanceof JsonNumber ? new JsonNumber(changed) : changed;
}

/** Adds to each list a second copy of the object that contains the key. The copy has other ids. */
function doubleObject(body: unknown, key: string): unknown {
  if (Array.isArray(body)) {
    const items = body as unknown[];
    const copied = items.filter(isJsonObject).filter((item) => containsText(item, key));
    return [...copied.map((item) => changeIds(item, key)), ...items];
  }
  if (!isJsonObject(body)) return body;
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, doubleObject(value, key)]));
}

function containsText(value: unknown, text: string): boolean {
  let isFound = false;
  changeJsonValues(value, (each) => {
    isFound ||= typeof each === 'string' && each.includes(text);
    return each;
  });
  return isFound;
}

function changeIds(object: Record<string, unknown>, key: string): Record<string, unknown> {
  const entries = Object.entries(object).map(([name, value]) => {
    const isId = /(^|_)id$/.test(name) && typeof value === 'string' && !value.includes(key);
    return [name, isId ? value.replace(/.$/, (last) => (last === '0' ? '1' : '0')) : value] as const;
  });
  return Object.fromEntries(entries);
}
