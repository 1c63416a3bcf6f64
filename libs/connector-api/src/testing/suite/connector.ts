/** Instantiates a plugin as the gateway does: validates its settings and creates a Nest module for it. */
import { Module } from '@nestjs/common';
import type { INestApplicationContext, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { HTTP_CLOCK } from '../../http/http-clock.js';
import type { HttpClock } from '../../http/http-clock.js';
import { MIRROR, PSP } from '../../plugin.js';
import type { Mirror, Plugin, Psp } from '../../plugin.js';
import { fail } from './assertions.js';

type Values = Readonly<Record<string, unknown>>;

/** Validates settings. @returns the settings instance, and the validation errors by property name. */
export function bindSettings(
  settings: Type<object>,
  values: Values,
): { instance: object; complaints: Map<string, string> } {
  const instance = plainToInstance(settings, values, { exposeDefaultValues: true });
  const errors = validateSync(instance, { forbidUnknownValues: false });
  const complaints = errors.map((error) => [error.property, wordsOf(error).join('; ')] as const);
  return { instance, complaints: new Map(complaints) };
}

/** Formats validation errors. Nested properties have their full path: `beneficiaries.0.iban must be an IBAN`. */
function wordsOf({ property, constraints = {}, children = [] }: ValidationError, above = ''): string[] {
  return [
    ...Object.values(constraints).map((words) => above + words),
    ...children.flatMap((child) => wordsOf(child, `${above}${property}.`)),
  ];
}

/** Returns the property names of a settings class. */
export function keysOf(settings: Type<object>): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(settings, '', true, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}

/** A connector of the plugin under test. `close` shuts it down as the gateway does. */
export interface Connector {
  psp: Psp;
  close(): Promise<void>;
}

export async function openConnector(
  plugin: Plugin,
  values: Values,
  { mirror, clock, providers = [] }: { mirror: Mirror; clock?: HttpClock; providers?: Provider[] },
): Promise<Connector> {
  const { instance, complaints } = bindSettings(plugin.settings, values);
  if (complaints.size > 0) fail(`the settings are refused: ${[...complaints.values()].join('; ')}`);
  class ConnectorModule {}
  Module({
    providers: [
      { provide: plugin.settings, useValue: instance },
      ...(plugin.providers ?? []),
      { provide: MIRROR, useValue: mirror },
      ...(clock ? [{ provide: HTTP_CLOCK, useValue: clock }] : []),
      { provide: PSP, useClass: plugin.psp },
      ...providers,
    ],
  })(ConnectorModule);
  const context: INestApplicationContext = await NestFactory.createApplicationContext(ConnectorModule, {
    logger: false,
    abortOnError: false,
  });
  return { psp: context.get<Psp>(PSP), close: () => context.close() };
}
