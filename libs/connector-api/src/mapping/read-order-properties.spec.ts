/** Tests that the properties that a client set for the PSP are read from the metadata of an order. */
import { readOrderProperties } from './read-order-properties.js';

it('reads the properties of this plugin, and leaves the others undefined', () => {
  const metadata = { 'com.acme.spec/purpose': 'GDDS', 'com.other.spec/note': 'x', purpose: 'y' };
  expect(readOrderProperties('acme', { metadata }, ['purpose', 'note'])).toEqual({
    purpose: 'GDDS',
    note: undefined,
  });
});
