import { Controller, Get, Header, Headers, HttpStatus, Inject, Param } from '@nestjs/common';
import { BACKEND, type Backend } from './backend.js';
import { ContractError } from './contract-error.js';

@Controller()
export class BalancesController {
  constructor(@Inject(BACKEND) private readonly backend: Backend) {}

  @Get('accounts/:accountId/balances')
  @Header('content-type', 'application/json')
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
