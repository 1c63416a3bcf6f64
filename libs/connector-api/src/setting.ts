/**
 * What a setting is for, in one line: editors show it while somebody writes the deployment file (see `tributary schema`).
 * Its type, its limits and its default are read from the class itself.
 */
import 'reflect-metadata';

const DESCRIPTION = Symbol('description of a setting');

/** `@Setting('Directory that holds the statements, relative to the working directory.')` on a property of a settings class. */
export function Setting(description: string): PropertyDecorator {
  return Reflect.metadata(DESCRIPTION, description);
}

/** @returns `undefined` for a property that nobody described. */
export function describeSetting(settings: object, property: string): string | undefined {
  const description: unknown = Reflect.getMetadata(DESCRIPTION, settings, property);
  return typeof description === 'string' ? description : undefined;
}
