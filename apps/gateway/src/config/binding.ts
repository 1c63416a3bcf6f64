/** Converts plain values to an instance of a settings class and reports a problem for each value that is not valid. */
import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { didYouMean } from './did-you-mean.js';
import { formatPath, type Path } from './path.js';
import type { Problems } from './problems.js';
import { elementClass, isMapping, nestedClass, propertiesOf, typeOf } from './settings-class.js';
import { looksLikeToken, showValue } from './shown-value.js';
import type { Place } from './yaml-reader.js';

/** Rules of class-validator that check the type. A value of the wrong type breaks all other rules too, so only the type is reported. */
const KINDS = ['isString', 'isInt', 'isNumber', 'isBoolean', 'isArray', 'isObject', 'nestedValidation'];

export class Binder {
  constructor(
    private readonly places: ReadonlyMap<string, Place>,
    private readonly problems: Problems,
  ) {}

  /** @returns the settings with their defaults. If problems were reported, some properties can have values that the class does not allow. */
  bind<T extends object>(settings: Type<T>, value: unknown, path: Path): T {
    const instance = this.#instance(settings, value, path);
    for (const error of validateSync(instance, { forbidUnknownValues: false })) this.#explain(error, path);
    return instance;
  }

  complain(path: Path, text: string): void {
    this.problems.add(path, text, this.placeOf(path));
  }

  /** Reports a problem at the position of the property name instead of the position of its value. */
  complainAboutKey(path: Path, text: string): void {
    this.problems.add(path, text, this.places.get(formatPath(path))?.key ?? this.placeOf(path));
  }

  /** @returns `found …` for error messages. For a value from a variable or a file it names only the origin, so it never shows a secret. */
  found(value: unknown, path: Path): string {
    const origins = this.places.get(formatPath(path))?.origins ?? [];
    return `found ${origins.length > 0 ? `the value of ${origins.join(' and ')}` : showValue(value, path)}`;
  }

  #instance<T extends object>(settings: Type<T>, value: unknown, path: Path): T {
    return plainToInstance(settings, this.#fit(settings, value, path), { exposeDefaultValues: true });
  }

  /** Keeps only the properties of the class. Converts strings from variables and files to numbers and booleans where the class has them. */
  #fit(settings: Type<object>, value: unknown, path: Path): object {
    if (!isMapping(value)) {
      const keys = propertiesOf(settings).join(', ');
      this.complain(path, `${this.found(value, path)}; expected a mapping with the keys ${keys}`);
      return {};
    }
    const known = propertiesOf(settings);
    for (const key of Object.keys(value)) if (!known.includes(key)) this.#unknownKey(key, known, path);
    return Object.fromEntries(
      known
        .filter((key) => Object.hasOwn(value, key) && value[key] !== undefined)
        .map((key) => [key, this.#fitValue(settings, key, value[key], [...path, key])]),
    );
  }

  #fitValue(settings: Type<object>, key: string, value: unknown, path: Path): unknown {
    const nested = nestedClass(settings, key);
    if (nested) return this.#instance(nested, value, path);
    const element = Array.isArray(value) ? elementClass(settings, key) : undefined;
    if (element)
      return (value as unknown[]).map((item, index) => this.#instance(element, item, [...path, index]));
    const external = (this.places.get(formatPath(path))?.origins.length ?? 0) > 0;
    return external && typeof value === 'string' ? readText(value, typeOf(settings, key)) : value;
  }

  #unknownKey(key: string, known: readonly string[], path: Path): void {
    const hint = didYouMean(key, known) || ` The keys here are ${known.join(', ')}.`;
    // A user can paste a token where a property name belongs, so the name is checked before it is shown.
    if (looksLikeToken(key))
      this.complain(path, 'found a key that is not shown here; there is no such setting.');
    else this.complainAboutKey([...path, key], `there is no such setting.${hint}`);
  }

  #explain(error: ValidationError, path: Path): void {
    const here = [...path, arrayIndex(error.property)];
    for (const child of error.children ?? []) this.#explain(child, here);
    const broken = Object.entries(error.constraints ?? {});
    if (broken.length === 0) return;
    const kind = broken.filter(([name]) => KINDS.includes(name));
    const rules = (kind.length > 0 ? kind : broken).map(([, message]) =>
      expectation(message, error.property),
    );
    this.complain(here, `${this.found(error.value, here)}; ${[...new Set(rules)].join(', and ')}`);
  }

  /** @returns the location of the value, or of the nearest enclosing mapping if the property is missing. */
  placeOf(path: Path): Place | undefined {
    const place = this.places.get(formatPath(path));
    return place ?? (path.length > 0 ? this.placeOf(path.slice(0, -1)) : undefined);
  }
}

/** Converts a message of class-validator: "port must be an integer number" → "expected an integer number". */
function expectation(message: string, property: string): string {
  const text = message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
  if (text.startsWith('must be ')) return `expected ${text.slice('must be '.length)}`;
  return text === message ? text : `it ${text}`;
}

function arrayIndex(property: string): string | number {
  return /^\d+$/.test(property) ? Number(property) : property;
}

/** Converts a string from a variable or a file to the number or boolean that the settings class expects. */
function readText(text: string, type: unknown): unknown {
  if (type === Number && /^[+-]?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (type === Boolean && /^(?:true|false)$/.test(text)) return text === 'true';
  return text;
}
