/** Reads the metadata of class-validator and TypeScript about a settings class: rules, property names and types. */
import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';

export interface Rule {
  property: string;
  /** `isInt`, `min`, `isOptional`, `nestedValidation` … */
  name: string;
  constraints: readonly unknown[];
  /** Whether the rule applies to each element of a list. */
  each: boolean;
}

/** Types of plain values, in contrast to settings classes. */
const PLAIN: readonly unknown[] = [String, Number, Boolean, Array, Object, Map, Set, Date];

export function rulesOf(settings: Type<object>): Rule[] {
  return getMetadataStorage()
    .getTargetValidationMetadatas(settings, '', true, false)
    .map(({ propertyName, name, type, constraints, each }) => ({
      property: propertyName,
      name: name ?? type,
      constraints: (constraints ?? []) as unknown[],
      each,
    }));
}

/** @returns the names of all properties that can be set, in the order of the class. */
export function propertiesOf(settings: Type<object>): string[] {
  return [...new Set(rulesOf(settings).map(({ property }) => property))];
}

/**
 * Returns the type of a property: `Number`, `String`, `Boolean`, `Array` or a class.
 * Without a type in the metadata, the type of the default value is used.
 */
export function typeOf(settings: Type<object>, property: string): unknown {
  const written: unknown = Reflect.getMetadata('design:type', settings.prototype as object, property);
  if (written !== Object && written !== undefined) return written;
  return (new settings() as Record<string, object | undefined>)[property]?.constructor;
}

/** Returns the settings class of a nested mapping, or `undefined` for a property with a plain value. */
export function nestedClass(settings: Type<object>, property: string): Type<object> | undefined {
  const type = typeOf(settings, property);
  return typeof type === 'function' && !PLAIN.includes(type) ? (type as Type<object>) : undefined;
}

/** Returns the settings class of the elements of a list (`@Type` of class-transformer), or `undefined` for a list of plain values. */
export function elementClass(settings: Type<object>, property: string): Type<object> | undefined {
  const probe = plainToInstance(settings, { [property]: [{}] }) as Record<string, object[]>;
  const type: unknown = probe[property]?.[0]?.constructor;
  return typeof type === 'function' && !PLAIN.includes(type) ? (type as Type<object>) : undefined;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
