/** Defines the settings that determine the times of balances in responses. */
import { Setting } from '@tributary/connector-api';
import { IsOptional, ValidateIf } from 'class-validator';
import { IsDuration, parseDuration } from './duration.js';

/** The value of `validFor` with which every response contains the time at which the balances were observed. */
const OFF = 'off';

export class BalanceSettings {
  @Setting(
    'How long a balance that did not change is valid from the request on: from 1m to 48h, longer than the pollingPeriod in Formance. Without it, twice the time between two requests of the same key. off serves the time of the last observation every time; reconciliation at now then sees 0.',
  )
  @ValidateIf(({ validFor }: BalanceSettings) => validFor !== OFF)
  @IsDuration('1m', '48h')
  @IsOptional()
  validFor?: string;
}

/** Returns the validity in ms, or `off`. The result is `undefined` if the validity depends on the polling interval of each reader. */
export function parseBalanceValidity({ validFor }: BalanceSettings): number | 'off' | undefined {
  return validFor === OFF ? OFF : parseDuration(validFor ?? '');
}
