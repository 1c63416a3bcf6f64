/**
 * Decorators for the usual kinds of settings. Each decorator combines `Setting`, which contains the description, with the class-validator
 * rules for the value. For other kinds of settings, combine `Setting` with your own rules.
 */
import { applyDecorators } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { Type as TransformTo } from 'class-transformer';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIBAN,
  IsIn,
  IsInt,
  IsISO8601,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { normalizeIban } from './mapping/iban.js';
import { Setting } from './setting.decorator.js';

export interface TextSettingOptions<Settings> {
  /** The maximum number of characters. Default: unlimited. */
  maxLength?: number;
  /** Whether the setting can be absent. Default: false. */
  isOptional?: boolean;
  /** Returns true if the setting must be present, depending on the other settings. Default: the setting must always be present. */
  isRequiredIf?: (settings: Settings) => boolean;
  /** A pattern that the value must match. */
  pattern?: RegExp;
  /** What a value that matches `pattern` is. It completes the error message "must be …". */
  form?: string;
  /** The message for a value that is not a string. In the message, `$property` stands for the name of the setting. */
  message?: string;
}

// TypeScript applies the decorators of a property from the last to the first. The lists below have this order, so that the errors of a
// setting are reported in the usual order.

/** A string that is not empty: `@TextSetting('API key of the connector.')`. */
export function TextSetting<Settings extends object = object>(
  description: string,
  options: TextSettingOptions<Settings> = {},
): PropertyDecorator {
  const { maxLength, isOptional = false, isRequiredIf, message } = options;
  const { pattern, form = `like ${pattern}` } = options;
  return applyDecorators(
    ...(pattern === undefined ? [] : [Matches(pattern, { message: `$property must be ${form}` })]),
    ...(maxLength === undefined ? [] : [MaxLength(maxLength)]),
    IsNotEmpty(),
    IsString(message === undefined ? {} : { message }),
    ...(isOptional ? [IsOptional()] : []),
    ...(isRequiredIf === undefined ? [] : [ValidateUnlessAbsent(isRequiredIf)]),
    Setting(description),
  );
}

/** Applies the other rules of a setting only if the setting is present or required. */
function ValidateUnlessAbsent<Settings extends object>(
  isRequiredIf: (settings: Settings) => boolean,
): PropertyDecorator {
  return ValidateIf((settings: Settings, value) => value !== undefined || isRequiredIf(settings));
}

/** A setting that is `true` or `false`. */
export function FlagSetting(description: string): PropertyDecorator {
  return applyDecorators(IsBoolean(), Setting(description));
}

/** A setting whose value is one of several words: `@ChoiceSetting('Which balance is served.', ['available', 'booked'])`. */
export function ChoiceSetting(description: string, choices: readonly string[]): PropertyDecorator {
  return applyDecorators(IsIn(choices), Setting(description));
}

/** A whole number from `min` to `max`. */
export function IntegerSetting(description: string, min: number, max: number): PropertyDecorator {
  return applyDecorators(Max(max), Min(min), IsInt(), Setting(description));
}

/** The base URL of an API: https, or http for a server on the same machine. */
export function UrlSetting(description: string): PropertyDecorator {
  return applyDecorators(
    IsUrl({ require_tld: false, require_protocol: true, protocols: ['https', 'http'] }),
    Setting(description),
  );
}

/** A list of non-empty strings. The setting can be absent, but the list must not be empty. */
export function TextListSetting(description: string): PropertyDecorator {
  return applyDecorators(
    IsNotEmpty({ each: true }),
    IsString({ each: true }),
    ArrayNotEmpty(),
    IsArray(),
    IsOptional(),
    Setting(description),
  );
}

export interface ListSettingOptions<Item> {
  /** Returns the key of an item. Two items with the same key are rejected. */
  getKey: (item: Item) => unknown;
  /** The message for two items with the same key. In the message, `$property` stands for the name of the setting. */
  message: string;
}

/**
 * A list of objects that have their own settings.
 * @param itemClass the class with the decorators of these settings
 */
export function ListSetting<Item extends object>(
  description: string,
  itemClass: Type<Item>,
  { getKey, message }: ListSettingOptions<Item>,
): PropertyDecorator {
  return applyDecorators(
    ArrayUnique(getKey, { message }),
    ValidateNested({ each: true }),
    IsArray(),
    TransformTo(() => itemClass),
    Setting(description),
  );
}

/**
 * A string that matches a pattern: `@PatternSetting('Domain.', /^[^/]+$/, 'a domain like example.com')`. The last argument completes the
 * error message "must be …".
 */
export function PatternSetting(description: string, pattern: RegExp, form: string): PropertyDecorator {
  return applyDecorators(
    Matches(pattern, { message: `$property must be ${form}` }),
    IsString(),
    Setting(description),
  );
}

/** A date like `2026-01-31`. */
export function DaySetting(description: string): PropertyDecorator {
  return applyDecorators(
    Matches(/^\d{4}-\d\d-\d\d$/, { message: '$property must look like 2026-01-31' }),
    IsISO8601({ strict: true }),
    Setting(description),
  );
}

/** The maximum number of characters of a name in a SEPA transfer. Source: EPC, SEPA Credit Transfer Rulebook. */
const MAX_NAME_LENGTH = 70;

/** The settings of a person or company that a PSP can pay, see `Payee`. */
export class PayeeSettings {
  @TextSetting('The holder of the account, as the bank has it: the bank may compare.', {
    maxLength: MAX_NAME_LENGTH,
  })
  name!: string;

  @Setting('The IBAN; spaces and hyphens do not matter.')
  @IsIBAN(undefined, { message: '$property must be an IBAN with right length and check digits' })
  iban!: string;
}

/** A list of payees in which each IBAN occurs only once. */
export function PayeeListSetting(description: string): PropertyDecorator {
  return ListSetting(description, PayeeSettings, {
    getKey: ({ iban }) => normalizeIban(String(iban)),
    message: '$property must have each IBAN once',
  });
}
