/** Mutations of the reference plugin. Each adds one mistake in sending or finding orders. */
import type { Mutation } from './mutation.js';

const PSP = 'reference.plugin.ts';
const MAPPER = 'reference.mapper.ts';
const CLIENT = 'reference.client.ts';
const SEND = "return this.http.post('/payments', { body });";
const JSON_IN_PSP = ['import { HTTP_CLOCK,', 'import { Json, HTTP_CLOCK,'] as const;
const JSON_TYPE_IN_PSP = ['import type { HttpClock, Json }', 'import type { HttpClock }'] as const;
const ERROR_IN_CLIENT = ['import { formatAmount,', 'import { PspError, formatAmount,'] as const;

export const ORDER_MUTATIONS: readonly Mutation[] = [
  {
    description: 'the key is not passed on',
    file: CLIENT,
    original: 'const body = { key, kind,',
    replacement: 'const body = { key: crypto.randomUUID() + key.slice(99), kind,',
    detectedBy: 'orders: an order is one payment, with its key and its exact amount',
  },
  {
    description: 'sends a payment again under another key',
    file: CLIENT,
    original: SEND,
    replacement:
      "return this.http.post('/payments', { body }).catch(() => this.http.post('/payments', { body: { ...body, key: `${key}-2` } }));",
    detectedBy: 'order faults: an answer that is lost',
  },
  {
    description: 'a lost answer is called a rejection',
    file: CLIENT,
    original: SEND,
    replacement:
      "return this.http.post('/payments', { body }).catch((error: Error) => {\n      throw new PspError('rejected', error.message);\n    });",
    additionalReplacements: [ERROR_IN_CLIENT],
    detectedBy: 'order faults: an answer that is lost',
  },
  {
    description: 'a lost answer is called a success',
    file: PSP,
    original: 'toOrderResult(await this.client.pay(order)),',
    replacement:
      'toOrderResult(await this.client.pay(order).catch(() => Json.parse(\'{"id":"?","state":"pending"}\'))),',
    additionalReplacements: [JSON_IN_PSP, JSON_TYPE_IN_PSP],
    detectedBy: 'order faults: 500',
  },
  {
    description: 'a rejection is called an unknown outcome',
    file: CLIENT,
    original: SEND,
    replacement:
      "return this.http.post('/payments', { body }).catch((error: Error) => {\n      throw new PspError('unknown-outcome', error.message);\n    });",
    additionalReplacements: [ERROR_IN_CLIENT],
    detectedBy: 'orders: what the PSP does not take is rejected, and not paid',
  },
  {
    description: 'a repeated order is recognised by the text of the error',
    file: PSP,
    original: "isDuplicate: (body) => readText(body, 'code') === DUPLICATE_KEY_CODE,",
    replacement:
      "isDuplicate: (body) => /used before/.test(readText(body, 'message') ?? DUPLICATE_KEY_CODE),",
    detectedBy: 'order faults: the error for a repeated order has another text',
  },
  {
    description: 'the amount of an order as float',
    file: CLIENT,
    original: 'amount: new JsonNumber(formatAmount(amount))',
    replacement: 'amount: Math.floor(Number(formatAmount(amount)) * 100) / 100',
    detectedBy: 'orders: an order is one payment, with its key and its exact amount',
  },
  {
    description: 'findOrder takes an error for "not there"',
    file: PSP,
    original: 'const payment = await this.client.payment(order.idempotencyKey);',
    replacement: 'const payment = await this.client.payment(order.idempotencyKey).catch(() => undefined);',
    detectedBy: 'order faults: findOrder never takes a PSP that cannot be asked for one that knows nothing',
  },
  {
    description: 'the listing does not show which order a movement executes',
    file: MAPPER,
    original: "    id: row.string('id'),\n    orderKey: extractOrderKey(readText(row, 'text')),",
    replacement: "    id: `t-${row.string('id')}`,",
    detectedBy: 'orders: the listing shows which order a movement executes',
  },
  {
    description: 'findOrder does not compare the key of the object that it finds',
    file: PSP,
    original: "getKey: (row) => readText(row, 'key'),",
    replacement: 'getKey: () => order.idempotencyKey,',
    detectedBy: 'order faults: findOrder takes only the object with the key and the amount of the order',
  },
  {
    description: 'findOrder compares the key byte for byte',
    file: PSP,
    original: "getKey: (row) => readText(row, 'key'),",
    replacement: "getKey: (row) => [readText(row, 'key')].find((key) => key === order.idempotencyKey),",
    detectedBy: 'order faults: findOrder recognises the key in capital letters and with a blank',
  },
  {
    description: 'findOrder does not compare the amount of the object that it finds',
    file: PSP,
    original: 'getAmount: readMoney,',
    replacement: 'getAmount: () => order.amount,',
    additionalReplacements: [['  readMoney,\n', '']],
    detectedBy: 'order faults: findOrder takes only the object with the key and the amount of the order',
  },
  {
    description: 'an unknown status costs the id of the order',
    file: MAPPER,
    original: "translateOrDefault(STATUSES, payment.string('state'), 'PENDING')",
    replacement: "translateWord(STATUSES, payment, 'state')",
    additionalReplacements: [['  translateOrDefault,\n', '']],
    detectedBy: 'order faults: an unknown status',
  },
  {
    description: 'an unknown status counts as paid',
    file: MAPPER,
    original: "payment.string('state'), 'PENDING')",
    replacement: "payment.string('state'), 'SUCCEEDED')",
    detectedBy: 'order faults: an unknown status',
  },
];
