/** Creates the error for a query parameter or a header with an invalid value. */
import { createUnprocessableError, type ContractError } from './contract-error.js';

/** Creates an error with status 422. Its message contains the parameter, the value found and the values expected. */
export function createInvalidParameterError(name: string, found: unknown, expected: string): ContractError {
  return createUnprocessableError(
    `Invalid parameter ${name}`,
    `${name} is ${describeValue(found)}, expected ${expected}.`,
  );
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return `given ${value.length} times`;
  const text = String(value);
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
