/**
 * Defines the settings classes for the API keys of connectors and of operators, with their scopes. A key that is written as a plain string
 * has only the scope `read`.
 */
import { OPERATOR_SCOPES, SCOPES, type OperatorScope, type Scope } from '@tributary/auth';
import { Setting } from '@tributary/connector-api';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsOptional, IsString, Matches } from 'class-validator';

const SCOPES_MESSAGE = {
  message: `$property must be a list of nothing but ${SCOPES.join(' and ')}, each once at most`,
};

export class ApiKeyEntry {
  @Setting('The key: plain (at least 16 characters) or sha256:<hex>.')
  @IsString({ message: '$property must be an API key' })
  key!: string;

  @Setting(
    'What it may do: read the lists and balances, pay (payouts and transfers). Formance wants both to pay.',
  )
  @IsIn(SCOPES, { each: true, ...SCOPES_MESSAGE })
  @ArrayUnique(SCOPES_MESSAGE)
  @ArrayNotEmpty(SCOPES_MESSAGE)
  @IsArray(SCOPES_MESSAGE)
  scopes!: Scope[];
}

const OPERATOR_SCOPES_MESSAGE = {
  message: `$property must be a list of nothing but ${OPERATOR_SCOPES.join(' and ')}, each once at most`,
};
const OPERATOR_NAME_MESSAGE = {
  message: '$property must be 1 to 64 letters, digits, spaces and the characters . _ @ -, e.g. alice',
};

export class OperatorKeyEntry {
  @Setting('The key: plain (at least 16 characters) or sha256:<hex>.')
  @IsString({ message: '$property must be an API key' })
  key!: string;

  @Setting('Who uses the key. Every audit event has this name.')
  @Matches(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u, OPERATOR_NAME_MESSAGE)
  @IsString(OPERATOR_NAME_MESSAGE)
  @IsOptional()
  name?: string;

  @Setting('What it may do: read everything, operate (pull, pause, resolve orders, dismiss, accept, reload).')
  @IsIn(OPERATOR_SCOPES, { each: true, ...OPERATOR_SCOPES_MESSAGE })
  @ArrayUnique(OPERATOR_SCOPES_MESSAGE)
  @ArrayNotEmpty(OPERATOR_SCOPES_MESSAGE)
  @IsArray(OPERATOR_SCOPES_MESSAGE)
  scopes!: OperatorScope[];
}
