/** Creates the error for a path at which nothing is served. */
import { ContractError, createDefaultErrorBody } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';

/** @param detail what is missing, if a client may learn more than that nothing is served there */
export function createNotFoundError(detail?: string): ContractError {
  const { Title, Detail } = createDefaultErrorBody(HttpStatus.NOT_FOUND);
  return new ContractError(HttpStatus.NOT_FOUND, Title, detail ?? Detail);
}
