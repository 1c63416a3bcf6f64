/**
 * Defines the settings classes for the section `reconciliation:` of the deployment file. `reconciliation-parser.ts` converts them to
 * policies.
 */
import { Setting } from '@tributary/connector-api';
import {
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsDuration } from './duration.js';
import { NAME_PATTERN, NAME_RULE_MESSAGE } from './name-patterns.js';

export const RULE_KINDS = ['exact', 'group', 'settlement', 'tolerance', 'window'] as const;
export const PSP_FIELD_PATTERN = /^(?:id|related|root|metadata\..+)$/;
export const LEDGER_FIELD_PATTERN = /^(?:reference|metadata\..+)$/;
/** Matches an address of Formance Ledger. Source: the OpenAPI document of the Ledger, and `pkg/accounts` of formancehq/ledger. */
export const LEDGER_ADDRESS_PATTERN = /^[a-zA-Z0-9_-]+(?::[a-zA-Z0-9_-]+)*$/;
const ADDRESS_MESSAGE = {
  message:
    '$property must be an address of the ledger like psp:house-bank:main; its segments have a-z, A-Z, 0-9, _ and -',
};
const PSP_FIELD_MESSAGE = { message: '$property must be id, related, root or metadata.<key>' };
const LEDGER_FIELD_MESSAGE = { message: '$property must be reference or metadata.<key>' };
const DAYS_MESSAGE = { message: '$property must be a whole number of days from 1 to 31' };
const TEXT_MESSAGE = { message: '$property must be a string that is not empty' };

export class LedgerSettings {
  @Setting(
    'Base URL of the Ledger: https://ledger.example.com, in a Formance Stack https://STACK/api/ledger.',
  )
  @Matches(/^https?:\/\/[^\s?#]+$/, { message: '$property must be a URL like https://ledger.example.com' })
  @IsString({ message: '$property must be a URL like https://ledger.example.com' })
  url!: string;

  @Setting('Name of the ledger.')
  @IsNotEmpty(TEXT_MESSAGE)
  @IsString(TEXT_MESSAGE)
  name!: string;

  @Setting('Bearer token with the scope ledger:read; a Ledger without authentication needs none.')
  @IsOptional()
  @IsNotEmpty(TEXT_MESSAGE)
  @IsString(TEXT_MESSAGE)
  token?: string;

  @Setting(
    'same: the ledger accounts are positive when the PSP holds money. opposite: they are negative then.',
  )
  @IsIn(['same', 'opposite'], { message: '$property must be same or opposite' })
  sign: 'same' | 'opposite' = 'same';
}

export class GraceSettings {
  @Setting('How long a row of the PSP may be without a booking before it is a break: from 1s to 2160h.')
  @IsDuration('1s', '2160h')
  booking = '24h';

  @Setting('How long a booking may be without a row of the PSP before it is a break: from 1s to 2160h.')
  @IsDuration('1s', '2160h')
  settlement = '72h';
}

export class PaymentsLegSettings {
  @Setting(
    'Whether each run also compares the rows of its connectors with Formance Payments, if the deployment file names a Formance.',
  )
  @IsBoolean({ message: '$property must be true or false' })
  compare = true;

  @Setting('How long the comparison of one connector with Payments may take: from 1s to 24h.')
  @IsDuration('1s', '24h')
  timeout = '10m';
}

export class PolicyEntry {
  @Setting('Name of the policy; it must be unique for its owner.')
  @Matches(NAME_PATTERN, { message: `$property ${NAME_RULE_MESSAGE}` })
  @IsString({ message: `$property ${NAME_RULE_MESSAGE}` })
  name!: string;

  @Setting('The Formance Ledger that has the bookings.')
  @ValidateNested()
  ledger: LedgerSettings = new LedgerSettings();

  @Setting('The accounts that are compared, each with its ledger account.')
  @ArrayNotEmpty({ message: '$property must be a list of at least one account' })
  @IsArray({ message: '$property must be a list of accounts' })
  accounts!: unknown[];

  @Setting('How rows and bookings find each other, in the sequence in which the rules are applied.')
  @ArrayNotEmpty({ message: '$property must be a list of at least one rule' })
  @IsArray({ message: '$property must be a list of rules' })
  rules!: unknown[];

  @Setting('How often a gateway runs the policy: from 1m to 168h. Without it, only the command line does.')
  @IsOptional()
  @IsDuration('1m', '168h')
  every?: string;

  @Setting('The comparison of the rows with Formance Payments.')
  @ValidateNested()
  payments: PaymentsLegSettings = new PaymentsLegSettings();

  @Setting('How long one side may be without the other.')
  @ValidateNested()
  grace: GraceSettings = new GraceSettings();
}

export class PolicyAccountEntry {
  @Setting('Name of the connector, without its tenant.')
  @IsString({ message: '$property must be the name of a connector of the same owner' })
  connector!: string;

  @Setting('The id of the account, as the list of accounts serves it.')
  @IsNotEmpty(TEXT_MESSAGE)
  @IsString(TEXT_MESSAGE)
  account!: string;

  @Setting('Address of the ledger account that follows it.')
  @Matches(LEDGER_ADDRESS_PATTERN, ADDRESS_MESSAGE)
  @IsString(ADDRESS_MESSAGE)
  ledgerAccount!: string;
}

export class RuleEntry {
  @Setting('Kind of rule.')
  @IsIn(RULE_KINDS, { message: `$property must be one of ${RULE_KINDS.join(', ')}` })
  kind!: (typeof RULE_KINDS)[number];

  @Setting('The key of a row: id, related, root (related, or else id) or metadata.<key>. Not for window.')
  @IsOptional()
  @Matches(PSP_FIELD_PATTERN, PSP_FIELD_MESSAGE)
  @IsString(PSP_FIELD_MESSAGE)
  psp?: string;

  @Setting('The key of a booking: reference or metadata.<key>. Not for window.')
  @IsOptional()
  @Matches(LEDGER_FIELD_PATTERN, LEDGER_FIELD_MESSAGE)
  @IsString(LEDGER_FIELD_MESSAGE)
  ledger?: string;

  @Setting('Only for tolerance: the ledger account to which the difference has to be booked.')
  @IsOptional()
  @Matches(LEDGER_ADDRESS_PATTERN, ADDRESS_MESSAGE)
  @IsString(ADDRESS_MESSAGE)
  account?: string;

  @Setting('Only for tolerance: the largest difference by asset, minor units in quotes: { EUR/2: "2" }.')
  @IsOptional()
  @IsObject({ message: '$property must be a mapping from assets to minor units like { EUR/2: "2" }' })
  bound?: object;

  @Setting('Only for window: how many days a row and a booking may be apart, from 1 to 31.')
  @IsOptional()
  @Max(31, DAYS_MESSAGE)
  @Min(1, DAYS_MESSAGE)
  @IsInt(DAYS_MESSAGE)
  days?: number;
}

export class ReconciliationSettings {
  @Setting('Policies: which accounts are compared with which ledger accounts, and how.')
  @IsArray({ message: '$property must be a list of policies' })
  policies: unknown[] = [];
}
