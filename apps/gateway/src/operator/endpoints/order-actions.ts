/** The endpoint with which operators set the final status of an order whose outcome cannot be found out. */
import { ContractError } from '@tributary/connector-api/contract';
import { RESOLUTIONS, type Resolution } from '@tributary/orders';
import { HttpStatus } from '@nestjs/common';
import { resolveOrderAsOperator } from '../operator-actions.js';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { CONNECTOR_PATH_SCHEMA, createObjectSchema, SEARCH_TEXT_SCHEMA } from '../schemas.js';
import { ORDER_SCHEMA, toOrderView } from './orders.js';
import { toOperatorAuthor } from './stream-actions.js';

export const ORDER_ACTION_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'POST', path: '/orders/resolve', operationId: 'resolveOrder', access: 'operate' },
    summary: 'Says what became of an order: clients are told, and nothing is sent to the PSP any more.',
    body: createObjectSchema({
      connector: CONNECTOR_PATH_SCHEMA,
      id: SEARCH_TEXT_SCHEMA,
      as: { type: 'string', enum: [...RESOLUTIONS] },
      'pspId?': { ...SEARCH_TEXT_SCHEMA, description: 'The id under which the PSP has it.' },
      note: {
        ...SEARCH_TEXT_SCHEMA,
        description: 'Where you know it from. The history and the audit log keep it.',
      },
    }),
    response: ORDER_SCHEMA,
    async handle(request, services) {
      const { body } = request;
      const author = toOperatorAuthor(request, services, body['connector']);
      const order = await services.store.orders(author.connector).find(String(body['id']));
      if (!order)
        throw new ContractError(
          HttpStatus.NOT_FOUND,
          'No such order',
          'The connector has no order with this id. Nothing was changed.',
        );
      const { as, note, pspId } = body as unknown as Resolution;
      const resolution = { as, note, ...(pspId !== undefined && { pspId }) };
      const resolved = await resolveOrderAsOperator(services.store, order, resolution, author);
      if ('order' in resolved) return toOrderView(resolved.order);
      throw new ContractError(
        HttpStatus.CONFLICT,
        'Order cannot be resolved',
        `It cannot be resolved as ${resolution.as}: ${resolved.error}. Nothing was changed.`,
      );
    },
  },
];
