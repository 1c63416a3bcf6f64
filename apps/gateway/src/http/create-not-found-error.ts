/** Creates the error for a path at which no resource is served. */
import { ContractError, createDefaultErrorBody } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';

/**
 * Creates the error.
 * @param detail the missing resource, if the client may know which resource is missing
 */
export function createNotFoundError(detail?: string): ContractError {
  const { Title, Detail } = createDefaultErrorBody(HttpStatus.NOT_FOUND);
  return new ContractError(HttpStatus.NOT_FOUND, Title, detail ?? Detail);
}
