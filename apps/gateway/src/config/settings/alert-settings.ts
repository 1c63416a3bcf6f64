/** Defines the settings classes for the section `alerts:` of the deployment file. `alert-parser.ts` converts them. */
import { Setting } from '@tributary/connector-api';
import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsTimeZone,
  Matches,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { IsDuration } from './duration.js';
import { NAME_PATTERN, NAME_RULE_MESSAGE } from './name-patterns.js';

export const CHANNEL_KINDS = ['webhook', 'slack', 'email'] as const;
const TIME_PATTERN = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const TIME_MESSAGE = { message: '$property must be a time like 22:00' };
const URL_MESSAGE = {
  message:
    '$property must be a URL like https://hooks.example.com/alerts, or smtps://user:password@mail.example.com for email',
};
const ADDRESS_PATTERN = /^[^\s@<>]+@[^\s@<>]+$/;
const ADDRESS_MESSAGE = { message: '$property must be an e-mail address like alerts@example.com' };
const ADDRESSES_MESSAGE = {
  message: '$property must be a list of e-mail addresses like [finance@example.com]',
};
const SECRET_MESSAGE = { message: '$property must be a text of at least 16 characters' };

export class AlertChannelEntry {
  @Setting('Name of the channel. The store remembers by it what the channel was told.')
  @Matches(NAME_PATTERN, { message: `$property ${NAME_RULE_MESSAGE}` })
  @IsString({ message: `$property ${NAME_RULE_MESSAGE}` })
  name!: string;

  @Setting(
    'webhook: signed JSON. slack: a text for an incoming webhook of Slack or a compatible service. email: an e-mail over SMTP.',
  )
  @IsIn(CHANNEL_KINDS, { message: `$property must be one of ${CHANNEL_KINDS.join(', ')}` })
  kind!: (typeof CHANNEL_KINDS)[number];

  @Setting(
    'Where alerts are sent. For slack and email it contains a secret, so take it from the environment.',
  )
  @Matches(/^(?:https?|smtps?):\/\/[^\s]+$/, URL_MESSAGE)
  @IsString(URL_MESSAGE)
  url!: string;

  @Setting('Only for webhook: key of the signature, at least 16 characters.')
  @IsOptional()
  @MinLength(16, SECRET_MESSAGE)
  @IsString(SECRET_MESSAGE)
  secret?: string;

  @Setting('Only for email: the address of the sender.')
  @IsOptional()
  @Matches(ADDRESS_PATTERN, ADDRESS_MESSAGE)
  @IsString(ADDRESS_MESSAGE)
  from?: string;

  @Setting('Only for email: the addresses of the recipients.')
  @IsOptional()
  @Matches(ADDRESS_PATTERN, { ...ADDRESSES_MESSAGE, each: true })
  @ArrayNotEmpty(ADDRESSES_MESSAGE)
  @IsArray(ADDRESSES_MESSAGE)
  to?: string[];
}

export class QuietHoursSettings {
  @Setting('Time at which channels are no longer told: 22:00.')
  @Matches(TIME_PATTERN, TIME_MESSAGE)
  @IsString(TIME_MESSAGE)
  from!: string;

  @Setting('Time from which channels are told again what is still true: 06:00.')
  @Matches(TIME_PATTERN, TIME_MESSAGE)
  @IsString(TIME_MESSAGE)
  to!: string;

  @Setting('Time zone of both: Europe/Berlin.')
  @IsTimeZone({ message: '$property must be a time zone like Europe/Berlin' })
  @IsNotEmpty({ message: '$property must be a time zone like Europe/Berlin' })
  timezone = 'UTC';
}

export class AlertSettings {
  @Setting('How often a gateway looks for alerts: from 10s to 1h.')
  @IsDuration('10s', '1h')
  every = '1m';

  @Setting('A stream that has not caught up for this time is late: from 1m to 168h.')
  @IsDuration('1m', '168h')
  streamLateAfter = '30m';

  @Setting('When channels are told nothing.')
  @Type(() => QuietHoursSettings)
  @ValidateNested()
  @IsOptional()
  quietHours?: QuietHoursSettings;

  @Setting('The channels that are told. Without channels there are no alerts.')
  @IsArray({ message: '$property must be a list of channels' })
  channels: unknown[] = [];
}
