/** Instantiates a plugin as the gateway does: validates the settings and creates a Nest module for the plugin. */
import { Module } from '@nestjs/common';
import type { INestApplicationContext, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { HTTP_CLOCK } from '../../http/http-clock.js';
import type { HttpClock } from '../../http/http-clock.js';
import { FEED_READER, PSP_CLIENT } from '../../plugin.js';
import type { FeedReader, Plugin, PspClient } from '../../plugin.js';
import { failCheck } from './assertions.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * Validates settings.
 * @returns the instance of the settings class, and the validation errors by property name
 */
export function validateSettings(
  settings: Type<object>,
  values: Values,
): { instance: object; problems: Map<string, string> } {
  const instance = plainToInstance(settings, values, { exposeDefaultValues: true });
  const errors = validateSync(instance, { forbidUnknownValues: false });
  const complaints = errors.map((error) => [error.property, formatErrors(error).join('; ')] as const);
  return { instance, problems: new Map(complaints) };
}

/** Formats validation errors. A nested property is named with its full path: `beneficiaries.0.iban must be an IBAN`. */
function formatErrors(
  { property, constraints = {}, children = [] }: ValidationError,
  parentPath = '',
): string[] {
  return [
    ...Object.values(constraints).map((words) => parentPath + words),
    ...children.flatMap((child) => formatErrors(child, `${parentPath}${property}.`)),
  ];
}

/** Returns the property names of a settings class. */
export function getSettingNames(settings: Type<object>): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(settings, '', true, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}

/** A connector of the plugin under test. Its method `close` shuts it down as the gateway does. */
export interface TestConnector {
  psp: PspClient;
  close(): Promise<void>;
}

export async function openConnector(
  plugin: Plugin,
  values: Values,
  { feed, clock, providers = [] }: { feed: FeedReader; clock?: HttpClock; providers?: Provider[] },
): Promise<TestConnector> {
  const { instance, problems } = validateSettings(plugin.settings, values);
  if (problems.size > 0) failCheck(`the settings are invalid: ${[...problems.values()].join('; ')}`);
  class ConnectorModule {}
  Module({
    providers: [
      { provide: plugin.settings, useValue: instance },
      ...(plugin.providers ?? []),
      { provide: FEED_READER, useValue: feed },
      ...(clock ? [{ provide: HTTP_CLOCK, useValue: clock }] : []),
      { provide: PSP_CLIENT, useClass: plugin.psp },
      ...providers,
    ],
  })(ConnectorModule);
  const context: INestApplicationContext = await NestFactory.createApplicationContext(ConnectorModule, {
    logger: false,
    abortOnError: false,
  });
  return { psp: context.get<PspClient>(PSP_CLIENT), close: () => context.close() };
}
