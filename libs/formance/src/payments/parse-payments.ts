/** Reads the objects of Formance Payments from JSON. Every function throws `InvalidRecordError` for JSON of another shape. */
import type { Json, JsonBody } from '@tributary/connector-api/http';
import type { GenericConfig, InstalledConnector, Schedule, ScheduleRun } from './payments.types.js';

export function parseConnector(json: Json): InstalledConnector {
  const endpoint = json.optionalString('config', 'endpoint');
  return {
    id: json.string('id'),
    name: json.string('name'),
    provider: json.string('provider').toLowerCase(),
    createdAt: json.time('createdAt'),
    isScheduledForDeletion: json.optionalBoolean('scheduledForDeletion') ?? false,
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Reads the answer of `GET /v3/connectors/{id}/config`. */
export function parseGenericConfig(json: Json): GenericConfig {
  const data = json.object('data');
  const others = JSON.parse(data.toJsonString()) as Record<string, JsonBody>;
  for (const known of ['name', 'endpoint', 'apiKey', 'pollingPeriod']) delete others[known];
  return {
    name: data.string('name'),
    endpoint: data.string('endpoint'),
    apiKey: data.string('apiKey'),
    pollingPeriod: data.string('pollingPeriod'),
    others,
  };
}

export function parseSchedule(json: Json): Schedule {
  const pausedAt = json.optionalTime('pausedAt');
  const pausedReason = json.optionalString('pausedReason');
  return {
    id: json.string('id'),
    createdAt: json.time('createdAt'),
    ...(pausedAt === undefined ? {} : { pausedAt }),
    ...(pausedReason === undefined ? {} : { pausedReason }),
  };
}

export function parseScheduleRun(json: Json): ScheduleRun {
  const error = json.optionalString('error');
  return {
    id: json.string('id'),
    createdAt: json.time('createdAt'),
    isTerminated: json.boolean('terminated'),
    ...(error === undefined ? {} : { error }),
  };
}
