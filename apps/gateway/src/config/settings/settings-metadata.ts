/** Reads the metadata of class-validator and TypeScript about a settings class: rules, property names and types. */
import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';

export interface ValidationRule {
  property: string;
  /** The name of the rule, e.g. `isInt`, `min`, `isOptional` or `nestedValidation`. */
  name: string;
  constraints: readonly unknown[];
  /** True if the rule applies to each element of a list. */
  each: boolean;
}

/** The types of plain values, in contrast to settings classes. */
const PLAIN_TYPES: readonly unknown[] = [String, Number, Boolean, Array, Object, Map, Set, Date];

export function getValidationRules(settings: Type<object>): ValidationRule[] {
  return getMetadataStorage()
    .getTargetValidationMetadatas(settings, '', true, false)
    .map(({ propertyName, name, type, constraints, each }) => ({
      property: propertyName,
      name: name ?? type,
      constraints: (constraints ?? []) as unknown[],
      each,
    }));
}

/** Returns the names of all properties that can be set, in the sequence of the class. */
export function getPropertyNames(settings: Type<object>): string[] {
  return [...new Set(getValidationRules(settings).map(({ property }) => property))];
}

/**
 * Returns the type of a property: `Number`, `String`, `Boolean`, `Array` or a class. If the metadata contains no type, the type of the
 * default value is used.
 */
export function getPropertyType(settings: Type<object>, property: string): unknown {
  const declaredType: unknown = Reflect.getMetadata('design:type', settings.prototype as object, property);
  if (declaredType !== Object && declaredType !== undefined) return declaredType;
  return (new settings() as Record<string, object | undefined>)[property]?.constructor;
}

/** Returns the settings class of a nested mapping, or `undefined` for a property with a plain value. */
export function getNestedClass(settings: Type<object>, property: string): Type<object> | undefined {
  const type = getPropertyType(settings, property);
  return typeof type === 'function' && !PLAIN_TYPES.includes(type) ? (type as Type<object>) : undefined;
}

/** Returns the settings class of the elements of a list (`@Type` of class-transformer), or `undefined` for a list of plain values. */
export function getElementClass(settings: Type<object>, property: string): Type<object> | undefined {
  const probe = plainToInstance(settings, { [property]: [{}] }) as Record<string, object[]>;
  const type: unknown = probe[property]?.[0]?.constructor;
  return typeof type === 'function' && !PLAIN_TYPES.includes(type) ? (type as Type<object>) : undefined;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
