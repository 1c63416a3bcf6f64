/** Defines the settings of the reload of the deployment file. */
import { Setting } from '@tributary/connector-api';
import { ValidateIf } from 'class-validator';
import { IsDuration, parseDuration } from './duration.js';

/** The value of `watch` with which the gateway does not watch its file. */
const OFF = 'off';

export class ReloadSettings {
  @Setting(
    'How often the gateway looks whether this file, or a file that it refers to with file:, was changed: from 1s to 1h. off does not look.',
  )
  @ValidateIf(({ watch }: ReloadSettings) => watch !== OFF)
  @IsDuration('1s', '1h')
  watch = OFF;
}

/** Returns the interval of the watch in ms; `undefined` if the gateway does not watch its file. */
export function parseWatchInterval({ watch }: ReloadSettings): number | undefined {
  return watch === OFF ? undefined : parseDuration(String(watch));
}
