import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Stream } from '../plugin.js';
import { BACKEND, type Backend } from './backend.js';
import { ApiErrors, ApiPageQuery } from './openapi-decorators.js';
import { AccountSchema, BeneficiarySchema, TransactionSchema } from './openapi-schemas.js';
import { sendPage } from './send-page.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Marks a route that only calls `sendPage` for this stream. The gateway can call it directly and skip Nest's request pipeline. */
    list?: Stream;
  }
}

/** Serves the three lists: accounts, beneficiaries and transactions. */
@Controller()
@ApiBearerAuth()
@ApiErrors()
export class FeedsController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Get('accounts')
  @RouteConfig({ list: 'accounts' })
  @ApiOperation({ operationId: 'getAccounts', summary: 'Get all accounts' })
  @ApiPageQuery('createdAt')
  @ApiOkResponse({ description: 'List of accounts', type: [AccountSchema] })
  accounts(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return sendPage(this.backend, 'accounts', request, reply);
  }

  @Get('beneficiaries')
  @RouteConfig({ list: 'beneficiaries' })
  @ApiOperation({ operationId: 'getBeneficiaries', summary: 'Get all beneficiaries' })
  @ApiPageQuery('createdAt')
  @ApiOkResponse({ description: 'List of beneficiaries', type: [BeneficiarySchema] })
  beneficiaries(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return sendPage(this.backend, 'beneficiaries', request, reply);
  }

  @Get('transactions')
  @RouteConfig({ list: 'transactions' })
  @ApiOperation({ operationId: 'getTransactions', summary: 'Get all transactions' })
  @ApiPageQuery('updatedAt')
  @ApiOkResponse({ description: 'List of transactions', type: [TransactionSchema] })
  transactions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return sendPage(this.backend, 'transactions', request, reply);
  }
}
