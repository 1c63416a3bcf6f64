import { Setting } from '@tributary/connector-api';
import { IsISO8601, IsNotEmpty, IsString, IsUrl } from 'class-validator';

export class ReferenceSettings {
  @Setting('Base URL of the API.')
  @IsUrl({ protocols: ['https', 'http'], require_protocol: true, require_tld: false })
  url!: string;

  @Setting('API key.')
  @IsNotEmpty()
  @IsString()
  apiKey!: string;

  @Setting('Secret with which webhooks are signed.')
  @IsNotEmpty()
  @IsString()
  webhookSecret!: string;

  @Setting('Transactions from this time on are mirrored (UTC).')
  @IsISO8601({ strict: true })
  since: string = '2026-01-01T00:00:00Z';
}
