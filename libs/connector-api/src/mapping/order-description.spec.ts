import { Json } from '../http/json-accessors.js';
import { createOrderDescription, extractOrderKey, readOrderKey, truncateText } from './order-description.js';

const key = '1f0f3850-9627-42de-8ad4-a2c497c37d0b';

it('the key of an order is found in its description, although a bank broke it with a blank or wrote it in capitals', () => {
  expect(extractOrderKey(createOrderDescription({ description: 'Rent', idempotencyKey: key }, 140))).toBe(
    key,
  );
  expect(extractOrderKey(createOrderDescription({ idempotencyKey: key }, 140))).toBe(key);
  expect(extractOrderKey('Rent 1F0F3850-9627-42DE- 8AD4-A2C4\n97C37D0B /EREF/1')).toBe(key);
  expect(extractOrderKey('Rent of May')).toBeUndefined();
  expect(extractOrderKey(undefined)).toBeUndefined();
  const row = (description: unknown) => Json.parse(JSON.stringify({ description }));
  expect([`Rent ${key}`, 'Rent', 5, undefined].map((text) => readOrderKey(row(text)))).toEqual([
    key,
    undefined,
    undefined,
    undefined,
  ]);
});

it('a long description is cut before the key, and never within a character', () => {
  const description = createOrderDescription({ description: 'x'.repeat(200), idempotencyKey: key }, 140);
  expect(description).toBe(`${'x'.repeat(103)} ${key}`);
  expect(truncateText('ab\u{1f600}', 3)).toBe('ab');
  expect(truncateText('ab\u{1f600}', 4)).toBe('ab\u{1f600}');
});
