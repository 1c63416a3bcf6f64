/** Converts the section `alerts:` of the deployment file, and reports all problems in it. */
import type { AlertChannelConfig } from '../../alerts/alert-channel.js';
import type { QuietHours } from '../../alerts/quiet-hours.js';
import type { ConfigPath } from '../file/value-path.js';
import { AlertChannelEntry, type AlertSettings, type QuietHoursSettings } from './alert-settings.js';
import { parseDuration } from './duration.js';
import type { SettingsBinder } from './settings-binder.js';

export interface AlertConfig {
  everyMs: number;
  streamLateAfterMs: number;
  quietHours?: QuietHours;
  channels: AlertChannelConfig[];
}

export function parseAlerts(
  { every, streamLateAfter, quietHours, channels }: AlertSettings,
  binder: SettingsBinder,
  path: ConfigPath,
): AlertConfig {
  return {
    everyMs: parseDuration(String(every)) ?? 0,
    streamLateAfterMs: parseDuration(String(streamLateAfter)) ?? 0,
    ...(quietHours && { quietHours: parseQuietHours(quietHours) }),
    channels: parseChannels(channels, binder, [...path, 'channels']),
  };
}

function parseQuietHours({ from, to, timezone }: QuietHoursSettings): QuietHours {
  return { fromMinutes: parseTime(from), toMinutes: parseTime(to), timezone };
}

/** Converts a time of the form `22:00`, which the pattern of the settings ensures, to minutes after midnight. */
function parseTime(text: string): number {
  const [hours, minutes] = String(text).split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

function parseChannels(values: unknown, binder: SettingsBinder, path: ConfigPath): AlertChannelConfig[] {
  if (!Array.isArray(values)) return [];
  const names = new Set<string>();
  return values.flatMap((value: unknown, index): AlertChannelConfig[] => {
    const channelPath = [...path, index];
    const { kind, name, url, secret } = binder.bind(AlertChannelEntry, value, channelPath);
    if (names.has(name)) binder.reportProblem([...channelPath, 'name'], 'another channel has this name');
    names.add(name);
    switch (kind) {
      case 'webhook':
        if (secret === undefined)
          binder.reportProblem(channelPath, 'a channel of the kind webhook needs the key secret');
        return [{ kind, name, url, secret: secret ?? '' }];
      case 'slack':
        if (secret !== undefined)
          binder.reportNameProblem([...channelPath, 'secret'], 'a channel of the kind slack has no secret');
        return [{ kind, name, url }];
      default:
        // The validation of the settings has already reported the unknown kind.
        return [];
    }
  });
}
