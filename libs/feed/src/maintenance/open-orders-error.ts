/** The error of a command that needs all orders of a connector to be final. */

/** The number of orders that the message names. */
const MAX_NAMED_ORDERS = 20;

export function createOpenOrdersError(path: string, orderIds: readonly string[]): Error {
  const named = orderIds.slice(0, MAX_NAMED_ORDERS).join(', ');
  const rest = orderIds.length - MAX_NAMED_ORDERS;
  return new Error(
    `${path} has orders without a final state: ${named}${rest > 0 ? ` and ${rest} more` : ''}. ` +
      'Let a gateway finish them, or resolve them with "tributary orders resolve". Nothing was changed',
  );
}
