/**
 * The schemas of the OpenAPI document. The classes are used only to generate the document, not to parse requests or to serialize rows.
 * Source: Generic Connector document, `components/schemas`.
 */
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { TRANSACTION_STATUSES, TRANSACTION_TYPES } from '../record.types.js';

const ASSET_DESCRIPTION = 'Asset with its precision: EUR/2, BTC/8, JPY';
const AMOUNT_DESCRIPTION = 'Amount in minor units (integer string)';
const nonEmptyString = { minLength: 1, maxLength: 1024 } as const;
const time = { type: String, format: 'date-time' } as const;
const amount = { description: AMOUNT_DESCRIPTION } as const;
const asset = { description: ASSET_DESCRIPTION } as const;
const metadata = { type: 'object', additionalProperties: { type: 'string' }, nullable: true } as const;
const status = { enum: TRANSACTION_STATUSES, enumName: 'TransactionStatus' } as const;

@ApiSchema({ name: 'Error' })
export class ErrorSchema {
  @ApiProperty() Title!: string;
  @ApiProperty() Detail!: string;
}

@ApiSchema({ name: 'Account' })
export class AccountSchema {
  @ApiProperty({ description: 'Safe in a path as it is' }) id!: string;
  @ApiProperty() accountName!: string;
  @ApiProperty({ ...time, description: 'Feed time: unique and growing, what a client resumes from' })
  createdAt!: string;
  @ApiPropertyOptional(metadata) metadata?: Record<string, string> | null;
}

@ApiSchema({ name: 'Balance' })
export class BalanceSchema {
  @ApiProperty(amount) amount!: string;
  @ApiProperty(asset) currency!: string;
}

@ApiSchema({ name: 'Balances' })
export class BalancesSchema {
  @ApiProperty() id!: string;
  @ApiProperty() accountID!: string;
  @ApiProperty({ ...time, description: 'When this was the balance' }) at!: string;
  @ApiProperty({ type: [BalanceSchema] }) balances!: BalanceSchema[];
}

@ApiSchema({ name: 'Beneficiary' })
export class BeneficiarySchema {
  @ApiProperty() id!: string;
  @ApiProperty({ ...time, description: 'Feed time: unique and growing, what a client resumes from' })
  createdAt!: string;
  @ApiProperty() ownerName!: string;
  @ApiPropertyOptional(metadata) metadata?: Record<string, string> | null;
}

@ApiSchema({ name: 'Transaction' })
export class TransactionSchema {
  @ApiProperty() id!: string;
  @ApiPropertyOptional() relatedTransactionID?: string;
  @ApiProperty({ ...time, description: 'When it happened; the same for every version' }) createdAt!: string;
  @ApiProperty({ ...time, description: 'Feed time: unique and growing, what a client resumes from' })
  updatedAt!: string;
  @ApiProperty(asset) currency!: string;
  @ApiPropertyOptional() scheme?: string;
  @ApiProperty({ enum: TRANSACTION_TYPES, enumName: 'TransactionType' }) type!: string;
  @ApiProperty(status) status!: string;
  @ApiProperty(amount) amount!: string;
  @ApiPropertyOptional() sourceAccountID?: string;
  @ApiPropertyOptional() destinationAccountID?: string;
  @ApiPropertyOptional(metadata) metadata?: Record<string, string> | null;
}

class OrderRequest {
  @ApiProperty({ description: 'Unique name of the order; a retry sends the same one', ...nonEmptyString })
  idempotencyKey!: string;
  @ApiProperty({ ...amount, pattern: '^[1-9][0-9]{0,77}$', example: '1250' }) amount!: string;
  @ApiProperty({ ...asset, example: 'EUR/2' }) currency!: string;
  @ApiProperty({ description: 'An `id` of the list of accounts', ...nonEmptyString })
  sourceAccountId!: string;
  @ApiProperty({
    description:
      'Of a payout an `id` of the list of beneficiaries, of a transfer one of the list of accounts',
    ...nonEmptyString,
  })
  destinationAccountId!: string;
  @ApiPropertyOptional() description?: string;
  @ApiPropertyOptional(metadata) metadata?: Record<string, string> | null;
}

class OrderResponse extends OrderRequest {
  @ApiProperty() id!: string;
  @ApiProperty(status) status!: string;
  @ApiProperty(time) createdAt!: string;
  @ApiPropertyOptional(time) updatedAt?: string;
}

@ApiSchema({ name: 'PayoutRequest' })
export class PayoutRequestSchema extends OrderRequest {}

@ApiSchema({ name: 'Payout' })
export class PayoutSchema extends OrderResponse {}

@ApiSchema({ name: 'TransferRequest' })
export class TransferRequestSchema extends OrderRequest {}

@ApiSchema({ name: 'Transfer' })
export class TransferSchema extends OrderResponse {}
