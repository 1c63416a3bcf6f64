import type { Order } from '../order.types.js';

/**
 * Reads the properties of an order that the client set in its metadata for the PSP's request:
 * `readOrderProperties('acme', order, ['purpose'])` → `{ purpose: 'GDDS' }`, from `com.acme.spec/purpose`.
 * @param psp the plugin's name
 * @returns an entry for each name. Its value is `undefined`, which a JSON body leaves out, if the client did not set the property
 */
export function readOrderProperties(
  psp: string,
  { metadata }: Pick<Order, 'metadata'>,
  names: readonly string[],
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(names.map((name) => [name, metadata[`com.${psp}.spec/${name}`]]));
}
