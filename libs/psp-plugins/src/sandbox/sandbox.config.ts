/** The settings of the simulated PSP. Two connectors with equal settings use the same simulated PSP. */
import { Setting } from '@tributary/connector-api';
import {
  IsBoolean,
  IsInt,
  IsISO8601,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
} from 'class-validator';

export class SandboxSettings {
  @Setting('Any whole number: another seed is another PSP, with other amounts, names and ids.')
  @IsInt()
  @Min(0)
  @Max(0xffff_ffff)
  seed: number = 1;

  @Setting('How many accounts we hold there.')
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  accounts: number = 3;

  @Setting('How many beneficiaries can be paid.')
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  beneficiaries: number = 5;

  @Setting('How many transactions happened in the 365 days before `start`.')
  @IsInt()
  @Min(0)
  @Max(100_000_000)
  transactions: number = 1000;

  @Setting('When the activity began: a UTC time in whole seconds.')
  @IsISO8601({ strict: true })
  @Matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, { message: 'start must look like 2026-11-01T00:00:00Z' })
  start: string = '2026-11-01T00:00:00Z';

  @Setting('New transactions per minute since `start`, e.g. 0.5; 0 freezes the PSP after its history.')
  @IsNumber()
  @Min(0)
  @Max(600_000)
  activityPerMinute: number = 1;

  @Setting(
    'Days for which the PSP lists a transaction, so that an old sandbox starts fast; 0 lists it for ever.',
  )
  @IsInt()
  @Min(0)
  @Max(36_500)
  listsDays: number = 0;

  @Setting('Rows in one answer of the PSP.')
  @IsInt()
  @Min(1)
  @Max(1000)
  pageSize: number = 100;

  @Setting('Share of the rows whose status changes later; refunds, fees and what was refunded never change.')
  @IsNumber()
  @Min(0)
  @Max(1)
  statusChanges: number = 0.2;

  @Setting('Share of the rows that become visible some time after the time they carry.')
  @IsNumber()
  @Min(0)
  @Max(1)
  lateRows: number = 0.05;

  @Setting('Milliseconds after which a row is final: late rows and status changes come earlier than that.')
  @IsInt()
  @Min(1000)
  @Max(90 * 86_400_000)
  changesWithin: number = 600_000;

  @Setting('Share of the rows that carry the same time as the row before.')
  @IsNumber()
  @Min(0)
  @Max(1)
  sameTimestamps: number = 0.1;

  @Setting('Whether the PSP lists the newest row first.')
  @IsBoolean()
  newestFirst: boolean = true;

  @Setting('Share of the ids that cannot be served as they are (slashes, blanks, accents).')
  @IsNumber()
  @Min(0)
  @Max(1)
  oddIds: number = 0.05;

  @Setting('Share of the rows that are malformed, and end in the quarantine.')
  @IsNumber()
  @Min(0)
  @Max(1)
  poisonRows: number = 0;

  @Setting('Share of the rows that the PSP never lists, although their money has moved.')
  @IsNumber()
  @Min(0)
  @Max(1)
  lostRows: number = 0;

  @Setting('Minor units by which every balance is wrong.')
  @IsInt()
  balanceError: number = 0;

  @Setting(
    'Share of the time, in pieces of five seconds, in which the PSP is down or says "too many requests".',
  )
  @IsNumber()
  @Min(0)
  @Max(1)
  outages: number = 0;

  @Setting('Milliseconds that every answer of the PSP takes.')
  @IsInt()
  @Min(0)
  @Max(60_000)
  latency: number = 0;

  @Setting(
    'File in which the PSP keeps the orders it receives, relative to the working directory; without it the PSP takes none.',
  )
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  journal?: string;

  @Setting('Whether the listing names the idempotency key of a payment that was ordered.')
  @IsBoolean()
  repeatsKeys: boolean = true;

  @Setting('Share of the attempts to order a payment that meet a fault, unless the order itself chooses.')
  @IsNumber()
  @Min(0)
  @Max(1)
  orderFaults: number = 0;

  @Setting('Share of the orders that do not simply succeed, unless the order itself chooses.')
  @IsNumber()
  @Min(0)
  @Max(1)
  orderFates: number = 0;

  @Setting('Milliseconds until what an order has to wait for: a late answer, a change, a return.')
  @IsInt()
  @Min(0)
  @Max(999_999_999)
  orderDelay: number = 2000;
}
