import { Json } from '../http/json-accessors.js';
import { createOrderResult, readOrderResult } from './order-result.js';
import { parseWebhookEvent } from './parse-webhook-event.js';

it('only an order that failed or was returned has a reason', () => {
  const fields = { id: 'o-1', reasonCode: 'no_funds', reasonMessage: 'Not enough money' };
  const reason = { code: 'no_funds', message: 'Not enough money' };
  expect(createOrderResult({ ...fields, status: 'SUCCEEDED' })).toEqual({ id: 'o-1', status: 'SUCCEEDED' });
  for (const status of ['FAILED', 'RETURNED'] as const)
    expect(createOrderResult({ ...fields, status })).toEqual({ id: 'o-1', status, reason });
  expect(createOrderResult({ id: 'o-1', status: 'FAILED', reasonCode: 'x' }).reason).toEqual({ code: 'x' });
});

it('is read from a response: the word for the status is the reason unless there is another one', () => {
  const format = {
    psp: 'acme',
    statusProperty: 'state',
    reasonCode: ['error', 'code'],
    reasonMessage: ['error', 'text'],
  };
  const read = (json: string, more = {}) =>
    readOrderResult(Json.parse(json), { ...format, ...more }, 'FAILED');
  expect(read('{"id":"o-1","state":"declined"}')).toEqual({
    ...{ id: 'o-1', status: 'FAILED', reason: { code: 'declined' } },
  });
  expect(read('{"id":"o-1","state":"declined","error":{"code":7,"text":"No funds"}}').reason).toEqual({
    ...{ code: '7', message: 'No funds' },
  });
  const more = { statusKey: 'payout_status', properties: ['paidAt', 'canceledAt'] };
  expect(read('{"id":"o-1","state":"declined","paidAt":"today"}', more).metadata).toEqual({
    'com.acme.spec/payout_status': 'declined',
    'com.acme.spec/paid_at': 'today',
  });
  expect(() => read('{"id":"o-1"}')).toThrow('state: expected a text');
  expect(() => read('{"state":"declined"}')).toThrow('id: expected a text');
});

it('the event of a webhook is a text of its body', () => {
  const read = (body: string) => parseWebhookEvent(Buffer.from(body), 'event');
  expect(read('{"event":"paid"}')).toBe('paid');
  for (const body of ['', '[]', '{"event":1}', '{"event":""}', 'event=paid'])
    expect(() => read(body)).toThrow('a webhook is refused: the body is no JSON object with a text "event"');
});
