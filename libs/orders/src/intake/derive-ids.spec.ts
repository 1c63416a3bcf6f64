/** Tests the derived ids and idempotency keys. */
import { deriveOrderId, derivePspKey } from './derive-ids.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('a key has the form that the PSP takes', () => {
  expect(derivePspKey('bank', 'pi-1', 'uuid')).toMatch(UUID);
  for (const length of [20, 35, 49])
    expect(derivePspKey('bank', 'pi-1', { length })).toMatch(new RegExp(`^[a-z0-9]{${length}}$`));
  expect(derivePspKey('bank', 'pi-1', { length: 255 })).toMatch(/^[a-z0-9]{49}$/);
  expect(() => derivePspKey('bank', 'pi-1', { length: 19 })).toThrow('expected 20 or more');
});

it('names follow from connector and key alone, and differ when either does', () => {
  const names = [
    ['bank', 'pi-1'],
    ['bank', 'pi-2'],
    ['bank2', 'pi-1'],
    ['bankpi', '-1'],
  ].flatMap(([path = '', key = '']) => [
    deriveOrderId(path, key),
    derivePspKey(path, key, 'uuid'),
    derivePspKey(path, key, { length: 20 }),
  ]);
  expect(new Set(names).size).toBe(12);
  // If the derivation changed, an order in progress would be sent again with another key, and could be paid twice.
  expect(derivePspKey('bank', 'pi-1', 'uuid')).toBe(derivePspKey('bank', 'pi-1', 'uuid'));
});
