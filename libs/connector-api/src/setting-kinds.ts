/**
 * Decorators for the usual kinds of settings: each is `Setting` with the description, and the rules of class-validator for the value. Other
 * kinds combine `Setting` with rules of their own.
 */
import { applyDecorators } from '@nestjs/common';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUrl,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { Setting } from './setting.decorator.js';

export interface TextSettingOptions {
  /** The maximum number of characters. Default: unlimited. */
  maxLength?: number;
  /** Whether the setting can be absent. Default: false. */
  isOptional?: boolean;
}

// The rules are applied from the last to the first, as decorators that stand one above the other are, so that errors keep that order.

/** A string that is not empty: `@TextSetting('API key of the connector.')`. */
export function TextSetting(
  description: string,
  { maxLength, isOptional = false }: TextSettingOptions = {},
): PropertyDecorator {
  return applyDecorators(
    ...(maxLength === undefined ? [] : [MaxLength(maxLength)]),
    IsNotEmpty(),
    IsString(),
    ...(isOptional ? [IsOptional()] : []),
    Setting(description),
  );
}

/** `true` or `false`. */
export function FlagSetting(description: string): PropertyDecorator {
  return applyDecorators(IsBoolean(), Setting(description));
}

/** One of several words: `@ChoiceSetting('Which balance is served.', ['available', 'booked'])`. */
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
