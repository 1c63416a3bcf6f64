import { Controller, Get, Header, Inject, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Stream } from '../plugin.js';
import { AdmissionGuard } from './admission.guard.js';
import { BACKEND, type Backend } from './backend.js';
import { ApiErrors, ApiPageQuery } from './openapi-decorators.js';
import { AccountSchema, BeneficiarySchema, TransactionSchema } from './openapi-schemas.js';
import { parsePageQuery } from './page-query.js';

/** The three lists. They hand on the bytes that the feed stored: nothing is parsed or written again. */
@Controller()
@UseGuards(AdmissionGuard)
@ApiBearerAuth()
@ApiErrors()
export class FeedsController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Get('accounts')
  @Header('content-type', 'application/json')
  @ApiOperation({ operationId: 'getAccounts', summary: 'Get all accounts' })
  @ApiPageQuery('createdAt')
  @ApiOkResponse({ description: 'List of accounts', type: [AccountSchema] })
  accounts(@Req() request: FastifyRequest): Promise<Buffer> {
    return this.page('accounts', request.query);
  }

  @Get('beneficiaries')
  @Header('content-type', 'application/json')
  @ApiOperation({ operationId: 'getBeneficiaries', summary: 'Get all beneficiaries' })
  @ApiPageQuery('createdAt')
  @ApiOkResponse({ description: 'List of beneficiaries', type: [BeneficiarySchema] })
  beneficiaries(@Req() request: FastifyRequest): Promise<Buffer> {
    return this.page('beneficiaries', request.query);
  }

  @Get('transactions')
  @Header('content-type', 'application/json')
  @ApiOperation({ operationId: 'getTransactions', summary: 'Get all transactions' })
  @ApiPageQuery('updatedAt')
  @ApiOkResponse({ description: 'List of transactions', type: [TransactionSchema] })
  transactions(@Req() request: FastifyRequest): Promise<Buffer> {
    return this.page('transactions', request.query);
  }

  private async page(stream: Stream, query: unknown): Promise<Buffer> {
    const { from, page, pageSize } = parsePageQuery(stream, query);
    return (await this.backend.page(stream, from, page, pageSize)).body;
  }
}
