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
    const entry = binder.bind(AlertChannelEntry, value, channelPath);
    if (names.has(entry.name))
      binder.reportProblem([...channelPath, 'name'], 'another channel has this name');
    names.add(entry.name);
    return parseChannel(entry, binder, channelPath);
  });
}

function parseChannel(
  entry: AlertChannelEntry,
  binder: SettingsBinder,
  path: ConfigPath,
): AlertChannelConfig[] {
  const { kind, name, url, secret, from, to } = entry;
  const rejectKeys = (keys: readonly ('secret' | 'from' | 'to')[]) => {
    for (const key of keys)
      if (entry[key] !== undefined)
        binder.reportNameProblem([...path, key], `a channel of the kind ${kind} has no ${key}`);
  };
  const rejectUrl = (scheme: RegExp, example: string) => {
    if (scheme.test(url))
      binder.reportProblem([...path, 'url'], `a channel of the kind ${kind} needs a URL like ${example}`);
  };
  switch (kind) {
    case 'webhook':
      if (secret === undefined)
        binder.reportProblem(path, 'a channel of the kind webhook needs the key secret');
      rejectKeys(['from', 'to']);
      rejectUrl(/^smtp/, 'https://hooks.example.com/alerts');
      return [{ kind, name, url, secret: secret ?? '' }];
    case 'slack':
      rejectKeys(['secret', 'from', 'to']);
      rejectUrl(/^smtp/, 'https://hooks.example.com/alerts');
      return [{ kind, name, url }];
    case 'email':
      if (from === undefined || to === undefined)
        binder.reportProblem(path, 'a channel of the kind email needs the keys from and to');
      rejectKeys(['secret']);
      rejectUrl(/^http/, 'smtps://user:password@mail.example.com');
      return [{ kind, name, url, from: from ?? '', to: to ?? [] }];
    default:
      // The validation of the settings has already reported the unknown kind.
      return [];
  }
}
