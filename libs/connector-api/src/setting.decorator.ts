/**
 * Descriptions of plugin settings. Editors show them while a user writes the deployment file (see `tributary schema`). The type, the
 * limits and the default of a setting come from the settings class itself.
 */
import 'reflect-metadata';

const DESCRIPTION_KEY = Symbol('description of a setting');

/**
 * Describes a property of a settings class in one line:
 * `@Setting('Directory that contains the statements, relative to the working directory.')`.
 */
export function Setting(description: string): PropertyDecorator {
  return Reflect.metadata(DESCRIPTION_KEY, description);
}

/** Returns the description of a property. @param settings the prototype of the settings class @returns `undefined` if there is none */
export function getSettingDescription(settings: object, property: string): string | undefined {
  const description: unknown = Reflect.getMetadata(DESCRIPTION_KEY, settings, property);
  return typeof description === 'string' ? description : undefined;
}
