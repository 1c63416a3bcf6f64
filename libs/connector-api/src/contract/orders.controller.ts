import { Controller, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AdmissionGuard } from './admission.guard.js';
import { unprocessable } from './contract-error.js';
import { readJsonObject } from './json-body.js';
import { ApiErrors } from './openapi-decorators.js';
import {
  PayoutRequestSchema,
  PayoutSchema,
  TransferRequestSchema,
  TransferSchema,
} from './openapi-schemas.js';

/**
 * Payouts and transfers. No plugin can pay, so a well-formed order is refused, for good and before anything else about it is
 * checked: with 422, because clients repeat a 5xx (501 too) for ever, and make the order FAILED at a 4xx.
 */
@Controller()
@UseGuards(AdmissionGuard)
@ApiBearerAuth()
@ApiErrors()
export class OrdersController {
  @Post('payouts')
  @ApiOperation({ operationId: 'createPayout', summary: 'Create payout' })
  @ApiBody({ type: PayoutRequestSchema, required: true })
  @ApiCreatedResponse({ description: 'Payout response', type: PayoutSchema })
  createPayout(@Req() request: FastifyRequest): never {
    return this.refuse('payouts', request);
  }

  @Post('transfers')
  @ApiOperation({
    operationId: 'createTransfer',
    summary: 'Create transfer',
    description: 'Create an internal transfer between two accounts. A retry sends the same idempotencyKey.',
  })
  @ApiBody({ type: TransferRequestSchema, required: true })
  @ApiCreatedResponse({ description: 'Transfer response', type: TransferSchema })
  createTransfer(@Req() request: FastifyRequest): never {
    return this.refuse('transfers', request);
  }

  private refuse(orders: string, request: FastifyRequest): never {
    readJsonObject(request);
    throw unprocessable(
      `No ${orders}`,
      `This connector cannot make ${orders}: its plugin only reads. Nothing was sent to the PSP.`,
    );
  }
}
