/** Settings class for an API key with scopes in the deployment file. A key written as a plain string has the scope `read` only. */
import { SCOPES, type Scope } from '@tributary/auth';
import { Setting } from '@tributary/connector-api';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsString } from 'class-validator';

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
