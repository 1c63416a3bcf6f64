/** What class-validator and TypeScript know about a class of settings. */
import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';

export interface Rule {
  property: string;
  /** `isInt`, `min`, `isOptional`, `nestedValidation` … */
  name: string;
  constraints: readonly unknown[];
  /** It is about each element of the list. */
  each: boolean;
}

/** Types that are values, not classes of settings. */
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

/** The keys that may be set, in the order of the class. */
export function propertiesOf(settings: Type<object>): string[] {
  return [...new Set(rulesOf(settings).map(({ property }) => property))];
}

/** The type of a property: `Number`, `String`, `Boolean`, `Array`, a class … Where the code writes none, its default has one. */
export function typeOf(settings: Type<object>, property: string): unknown {
  const written: unknown = Reflect.getMetadata('design:type', settings.prototype as object, property);
  if (written !== Object && written !== undefined) return written;
  return (new settings() as Record<string, object | undefined>)[property]?.constructor;
}

/** The class of a nested mapping, or `undefined` for a property that holds a value. */
export function nestedClass(settings: Type<object>, property: string): Type<object> | undefined {
  const type = typeOf(settings, property);
  return typeof type === 'function' && !PLAIN.includes(type) ? (type as Type<object>) : undefined;
}

/** The class of the mappings in a list (`@Type` of class-transformer), or `undefined` for a list of values. */
export function elementClass(settings: Type<object>, property: string): Type<object> | undefined {
  const probe = plainToInstance(settings, { [property]: [{}] }) as Record<string, object[]>;
  const type: unknown = probe[property]?.[0]?.constructor;
  return typeof type === 'function' && !PLAIN.includes(type) ? (type as Type<object>) : undefined;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
