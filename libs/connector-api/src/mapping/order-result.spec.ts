import { createOrderResult } from './order-result.js';
import { parseWebhookEvent } from './webhook-event.js';

it('only an order that failed or was returned has a reason', () => {
  const fields = { id: 'o-1', reasonCode: 'no_funds', reasonMessage: 'Not enough money' };
  const reason = { code: 'no_funds', message: 'Not enough money' };
  expect(createOrderResult({ ...fields, status: 'SUCCEEDED' })).toEqual({ id: 'o-1', status: 'SUCCEEDED' });
  for (const status of ['FAILED', 'RETURNED'] as const)
    expect(createOrderResult({ ...fields, status })).toEqual({ id: 'o-1', status, reason });
  expect(createOrderResult({ id: 'o-1', status: 'FAILED', reasonCode: 'x' }).reason).toEqual({ code: 'x' });
});

it('the event of a webhook is a text of its body', () => {
  const read = (body: string) => parseWebhookEvent(Buffer.from(body), 'event');
  expect(read('{"event":"paid"}')).toBe('paid');
  for (const body of ['', '[]', '{"event":1}', '{"event":""}', 'event=paid'])
    expect(() => read(body)).toThrow('a webhook is refused: the body is no JSON object with a text "event"');
});
