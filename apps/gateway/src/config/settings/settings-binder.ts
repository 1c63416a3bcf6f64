/** Converts plain values to an instance of a settings class and reports a problem for each value that is not valid. */
import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { suggestSimilarName } from './suggest-similar-name.js';
import { formatPath, type ConfigPath } from '../file/value-path.js';
import type { ConfigProblems } from '../file/config-problems.js';
import {
  getElementClass,
  isPlainObject,
  getNestedClass,
  getPropertyNames,
  getPropertyType,
} from './settings-metadata.js';
import { describeValue, isDisplayableName } from '../file/describe-value.js';
import type { SourceLocation } from '../file/yaml-reader.js';

/**
 * The rules of class-validator that check the type. A value of the wrong type also breaks all other rules, so only the wrong type is
 * reported.
 */
const TYPE_RULES = ['isString', 'isInt', 'isNumber', 'isBoolean', 'isArray', 'isObject', 'nestedValidation'];

export class SettingsBinder {
  constructor(
    private readonly locations: ReadonlyMap<string, SourceLocation>,
    private readonly problems: ConfigProblems,
  ) {}

  /**
   * Converts a value to an instance of a settings class.
   * @returns the settings with their defaults. If problems were reported, some properties can have values that the class does not allow
   */
  bind<T extends object>(settings: Type<T>, value: unknown, path: ConfigPath): T {
    const instance = this.#createInstance(settings, value, path);
    for (const error of validateSync(instance, { forbidUnknownValues: false }))
      this.#reportValidationError(error, path);
    return instance;
  }

  /** Reports a problem. A value whose secret was not requested has no problem, because its rules cannot be checked. */
  reportProblem(path: ConfigPath, text: string): void {
    if (this.locations.get(formatPath(path))?.unread !== undefined) return;
    this.problems.add(path, text, this.findLocation(path));
  }

  /** Reports a problem at the position of the property name instead of the position of its value. */
  reportNameProblem(path: ConfigPath, text: string): void {
    this.problems.add(
      path,
      text,
      this.locations.get(formatPath(path))?.namePosition ?? this.findLocation(path),
    );
  }

  /**
   * Describes the value that was found, for error messages.
   * @returns `found …`. For a value from a variable or a file, the text contains only the origin, so that the value is never shown
   */
  describeFound(value: unknown, path: ConfigPath): string {
    const origins = this.locations.get(formatPath(path))?.origins ?? [];
    return `found ${origins.length > 0 ? `the value of ${origins.join(' and ')}` : describeValue(value, path)}`;
  }

  #createInstance<T extends object>(settings: Type<T>, value: unknown, path: ConfigPath): T {
    const selected = Object.entries(this.#selectProperties(settings, value, path));
    // Mappings are assigned without `class-transformer`, because it would copy them, call a property named `constructor`, and drop other
    // properties.
    const mappings = selected.filter(([, property]) => containsMapping(property));
    const others = selected.filter(([, property]) => !containsMapping(property));
    const instance = plainToInstance(settings, Object.fromEntries(others), { exposeDefaultValues: true });
    return Object.assign(instance, Object.fromEntries(mappings));
  }

  /**
   * Keeps only the properties of the class. If the class expects a number or a boolean, a string from a variable or a file is converted.
   */
  #selectProperties(settings: Type<object>, value: unknown, path: ConfigPath): object {
    if (!isPlainObject(value)) {
      const keys = getPropertyNames(settings).join(', ');
      this.reportProblem(
        path,
        `${this.describeFound(value, path)}; expected a mapping with the keys ${keys}`,
      );
      return {};
    }
    const known = getPropertyNames(settings);
    for (const key of Object.keys(value))
      if (!known.includes(key)) this.#reportUnknownProperty(key, known, path);
    return Object.fromEntries(
      known
        .filter((key) => Object.hasOwn(value, key) && value[key] !== undefined)
        .map((key) => [key, this.#convertValue(settings, key, value[key], [...path, key])]),
    );
  }

  #convertValue(settings: Type<object>, key: string, value: unknown, path: ConfigPath): unknown {
    const nested = getNestedClass(settings, key);
    if (nested) return this.#createInstance(nested, value, path);
    const elementClass = Array.isArray(value) ? getElementClass(settings, key) : undefined;
    if (elementClass)
      return (value as unknown[]).map((item, index) =>
        this.#createInstance(elementClass, item, [...path, index]),
      );
    const isExternal = (this.locations.get(formatPath(path))?.origins.length ?? 0) > 0;
    return isExternal && typeof value === 'string'
      ? parseString(value, getPropertyType(settings, key))
      : value;
  }

  #reportUnknownProperty(key: string, known: readonly string[], path: ConfigPath): void {
    const keys = ` The keys here are ${known.join(', ')}.`;
    // A user may paste a token in the place of a property name, so the name is checked before it is shown.
    const text = isDisplayableName(key)
      ? `there is no such setting.${suggestSimilarName(key, known) || keys}`
      : `found a key that is not shown here; there is no such setting.${keys}`;
    this.reportNameProblem([...path, key], text);
  }

  #reportValidationError(error: ValidationError, path: ConfigPath): void {
    const valuePath = [...path, parseArrayIndex(error.property)];
    for (const child of error.children ?? []) this.#reportValidationError(child, valuePath);
    const brokenRules = Object.entries(error.constraints ?? {});
    if (brokenRules.length === 0) return;
    const typeRules = brokenRules.filter(([name]) => TYPE_RULES.includes(name));
    const rules = (typeRules.length > 0 ? typeRules : brokenRules).map(([, message]) =>
      formatExpectation(message, error.property),
    );
    this.reportProblem(
      valuePath,
      `${this.describeFound(error.value, valuePath)}; ${[...new Set(rules)].join(', and ')}`,
    );
  }

  /** Returns true if the value, or a value in it, is a secret that was not requested. */
  hasUnreadSecret(path: ConfigPath): boolean {
    const place = formatPath(path);
    return [...this.locations].some(
      ([key, { unread }]) =>
        unread !== undefined && (key === place || key.startsWith(`${place}.`) || key.startsWith(`${place}[`)),
    );
  }

  /** Returns the location of the value. If the property is missing, the result is the location of the nearest enclosing mapping. */
  findLocation(path: ConfigPath): SourceLocation | undefined {
    const location = this.locations.get(formatPath(path));
    return location ?? (path.length > 0 ? this.findLocation(path.slice(0, -1)) : undefined);
  }
}

function containsMapping(value: unknown): boolean {
  return Array.isArray(value) ? value.some(containsMapping) : isPlainObject(value);
}

/** Converts a message of class-validator: "port must be an integer number" → "expected an integer number". */
function formatExpectation(message: string, property: string): string {
  const text = message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
  if (text.startsWith('must be ')) return `expected ${text.slice('must be '.length)}`;
  return text === message ? text : `it ${text}`;
}

function parseArrayIndex(property: string): string | number {
  return /^\d+$/.test(property) ? Number(property) : property;
}

/** Converts a string from a variable or a file to the number or boolean that the settings class expects. */
function parseString(text: string, type: unknown): unknown {
  if (type === Number && /^[+-]?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (type === Boolean && /^(?:true|false)$/.test(text)) return text === 'true';
  return text;
}
