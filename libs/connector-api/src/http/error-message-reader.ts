/** Reads the message of an error response whose details are in a list, e.g. the fields that are wrong. */
import { readText } from '../mapping/pick-metadata.js';
import type { Json, JsonPath } from './json-accessors.js';

export interface ErrorMessageFormat {
  /** The path to the message of the whole error. Absent if only the list contains messages. */
  message?: JsonPath;
  /** The path to the list of details. */
  details: JsonPath;
  /** The names of the properties of one detail that are part of the message. */
  properties: readonly string[];
}

/**
 * Creates an `HttpOptions.extractErrorMessage`: with `{ message: ['message'], details: ['errors'], properties: ['field', 'text'] }`, the body
 * `{"message":"Invalid","errors":[{"field":"amount","text":"is too low"}]}` has the message `Invalid; amount is too low`.
 * @returns a function that returns `undefined` for a body without these texts
 */
export function createErrorMessageReader(format: ErrorMessageFormat): (body: Json) => string | undefined {
  return (body) => {
    const list = body.at(...format.details);
    const details = (list.has(0) ? list.array() : []).map((detail) =>
      format.properties.flatMap((name) => readText(detail, name) ?? []).join(' '),
    );
    const message = format.message === undefined ? undefined : readText(body, ...format.message);
    const texts = [message, ...details].filter((text) => text !== undefined && text !== '');
    return texts.length === 0 ? undefined : texts.join('; ');
  };
}
