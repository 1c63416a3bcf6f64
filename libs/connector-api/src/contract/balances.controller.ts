import { Controller, Get, Header, Headers, HttpStatus, Inject, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { BACKEND, type Backend } from './backend.js';
import { ContractError } from './contract-error.js';
import { ApiErrors } from './openapi-decorators.js';
import { BalancesSchema } from './openapi-schemas.js';

@Controller()
@ApiBearerAuth()
@ApiErrors()
export class BalancesController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Get('accounts/:accountId/balances')
  @Header('content-type', 'application/json')
  @ApiOperation({ operationId: 'getAccountBalances', summary: 'Get account balance' })
  @ApiParam({ name: 'accountId', description: 'The `id` that the list of accounts gave', type: String })
  @ApiOkResponse({ description: 'Account balances', type: BalancesSchema })
  async balances(
    @Param('accountId') accountId: string,
    @Headers('authorization') authorization?: string,
  ): Promise<Buffer> {
    const balances = await this.backend.getBalances(accountId, authorization);
    if (balances === undefined) {
      throw new ContractError(
        HttpStatus.NOT_FOUND,
        'Unknown account',
        'The list of accounts holds no account with this id. Use the id exactly as the list gives it.',
      );
    }
    return Buffer.from(JSON.stringify(balances));
  }
}
