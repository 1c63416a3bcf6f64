/**
 * Stores the descriptions of plugin settings. Editors show them while a user writes the deployment file (see `tributary schema`). The type,
 * the limits and the default of a setting come from the settings class itself.
 */
import 'reflect-metadata';

const DESCRIPTION_KEY = Symbol('description of a setting');
const DIRECTORY_KEY = Symbol('a setting that names a directory');

export interface SettingOptions {
  /** Whether the value is the path of a directory that must exist. `tributary check` reports a path without a directory. */
  isDirectory?: boolean;
}

/**
 * Describes a property of a settings class in one line:
 * `@Setting('Directory that contains the statements, relative to the working directory.', { isDirectory: true })`.
 */
export function Setting(
  description: string,
  { isDirectory = false }: SettingOptions = {},
): PropertyDecorator {
  return (target, property) => {
    Reflect.defineMetadata(DESCRIPTION_KEY, description, target, property);
    Reflect.defineMetadata(DIRECTORY_KEY, isDirectory, target, property);
  };
}

/**
 * Returns true if a property is the path of a directory that must exist.
 * @param settings the prototype of the settings class
 */
export function isDirectorySetting(settings: object, property: string): boolean {
  return Reflect.getMetadata(DIRECTORY_KEY, settings, property) === true;
}

/**
 * Returns the description of a property.
 * @param settings the prototype of the settings class
 * @returns `undefined` if the property has no description
 */
export function getSettingDescription(settings: object, property: string): string | undefined {
  const description: unknown = Reflect.getMetadata(DESCRIPTION_KEY, settings, property);
  return typeof description === 'string' ? description : undefined;
}
