/** The settings of a Revolut Business connector in the deployment file. */
import { Setting } from '@tributary/connector-api';
import {
  IsInt,
  IsISO8601,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
} from 'class-validator';

export class RevolutBusinessSettings {
  @Setting('Client ID of the certificate, from the Business API settings of the Revolut Business app.')
  @IsString()
  @IsNotEmpty()
  clientId!: string;

  @Setting('PEM of the private key that belongs to the certificate; it signs every client assertion.')
  @IsString()
  @Matches(/-----BEGIN (RSA )?PRIVATE KEY-----/, {
    message: 'privateKey must be a PEM that begins with -----BEGIN PRIVATE KEY-----',
  })
  privateKey!: string;

  @Setting('Issuer of the client assertion: the domain of the OAuth redirect URI, without https://.')
  @IsString()
  @Matches(/^[^/\s:]+$/, { message: 'issuer must be a domain like example.com, without https://' })
  issuer!: string;

  @Setting('Refresh token that Revolut gave for the authorisation code, once.')
  @IsString()
  @IsNotEmpty()
  refreshToken!: string;

  @Setting('Signing secret (wsk_…) of the webhook; without it webhooks are not accepted.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  webhookSecret?: string;

  @Setting('Base URL of the API; https://sandbox-b2b.revolut.com/api/1.0 is the sandbox.')
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['https', 'http'] })
  url: string = 'https://b2b.revolut.com/api/1.0';

  @Setting('The day from which transactions are listed.')
  @IsISO8601({ strict: true })
  @Matches(/^\d{4}-\d\d-\d\d$/, { message: 'since must look like 2026-01-31' })
  since: string = '2015-01-01';

  @Setting('Days for which a transaction may still change: so far back it is read again and again.')
  @IsInt()
  @Min(1)
  @Max(365)
  changesWithinDays: number = 30;

  @Setting('Hours between two readings of all transactions that may still change.')
  @IsInt()
  @Min(1)
  @Max(168)
  rereadEveryHours: number = 6;

  @Setting('Requests per minute that Revolut allows this business, over all who use its API.')
  @IsInt()
  @Min(6)
  @Max(60_000)
  requestsPerMinute: number = 60;

  @Setting('Rows in one answer.')
  @IsInt()
  @Min(1)
  @Max(1000)
  pageSize: number = 1000;
}
