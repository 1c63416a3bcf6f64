import { Controller, Header, Inject, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { OrderKind } from '../order.types.js';
import { BACKEND, type Backend } from './backend.js';
import { unprocessable } from './contract-error.js';
import { parseJsonBody } from './parse-json-body.js';
import { ApiErrors } from './openapi-decorators.js';
import {
  PayoutRequestSchema,
  PayoutSchema,
  TransferRequestSchema,
  TransferSchema,
} from './openapi-schemas.js';
import { parseOrderRequest } from './parse-order-request.js';

const RESPONSE_DESCRIPTION =
  'Answers within 8 s: what is not known by then is PENDING, and its progress is published as rows of the transactions whose ' +
  '`relatedTransactionID` is the idempotencyKey. What the PSP or a limit refuses is FAILED, with the reason in the metadata. ';
const RETRY_DESCRIPTION =
  'A retry sends the same idempotencyKey and gets the same answer; with another request that key is refused.';

/** Accepts payouts and transfers. An impossible order is a 422, because clients repeat a request for ever after a 5xx, also after a 501. */
@Controller()
@ApiBearerAuth()
@ApiErrors()
export class OrdersController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Post('payouts')
  @Header('content-type', 'application/json')
  @ApiOperation({
    operationId: 'createPayout',
    summary: 'Create payout',
    description: `Pays one of the beneficiaries. Needs a key that may pay. ${RESPONSE_DESCRIPTION}${RETRY_DESCRIPTION}`,
  })
  @ApiBody({ type: PayoutRequestSchema, required: true })
  @ApiCreatedResponse({ description: 'Payout response', type: PayoutSchema })
  createPayout(@Req() request: FastifyRequest): Promise<Buffer> {
    return this.submitOrder('PAYOUT', request);
  }

  @Post('transfers')
  @Header('content-type', 'application/json')
  @ApiOperation({
    operationId: 'createTransfer',
    summary: 'Create transfer',
    description: `Create an internal transfer between two accounts. Needs a key that may pay. ${RESPONSE_DESCRIPTION}${RETRY_DESCRIPTION}`,
  })
  @ApiBody({ type: TransferRequestSchema, required: true })
  @ApiCreatedResponse({ description: 'Transfer response', type: TransferSchema })
  createTransfer(@Req() request: FastifyRequest): Promise<Buffer> {
    return this.submitOrder('TRANSFER', request);
  }

  private async submitOrder(kind: OrderKind, request: FastifyRequest): Promise<Buffer> {
    const body = parseJsonBody(request);
    if (!this.backend.supportedOrderKinds.has(kind)) {
      const orders = `${kind.toLowerCase()}s`;
      throw unprocessable(
        `No ${orders}`,
        `This connector cannot make ${orders}: its plugin has no way to do it, or needs a setting for it. Nothing was sent to the PSP.`,
      );
    }
    const order = await parseOrderRequest(kind, body, this.backend);
    // The body is a Buffer, because Fastify adds a charset to the content type of a string.
    return Buffer.from(await this.backend.submitOrder(kind, order));
  }
}
