/** Settings class for an API key with scopes in the deployment file. A key written as a plain string has the scope `read` only. */
import { SCOPES, type Scope } from '@tributary/auth';
import { Setting } from '@tributary/connector-api';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsString } from 'class-validator';

const LIST_OF_SCOPES = {
  message: `$property must be a list of nothing but ${SCOPES.join(' and ')}, each once at most`,
};

export class ApiKeyEntry {
  @Setting('The key: plain (at least 16 characters) or sha256:<hex>.')
  @IsString({ message: '$property must be an API key' })
  key!: string;

  @Setting(
    'What it may do: read the lists and balances, pay (payouts and transfers). Formance wants both to pay.',
  )
  @IsIn(SCOPES, { each: true, ...LIST_OF_SCOPES })
  @ArrayUnique(LIST_OF_SCOPES)
  @ArrayNotEmpty(LIST_OF_SCOPES)
  @IsArray(LIST_OF_SCOPES)
  scopes!: Scope[];
}
