/** The settings of a Mollie connector in the deployment file. */
import {
  ChoiceSetting,
  FlagSetting,
  IntegerSetting,
  Setting,
  TextSetting,
  UrlSetting,
} from '@tributary/connector-api';
import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIBAN,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { normalizeIban } from './mollie.types.js';

/** Mollie's API keys are easier to find in its dashboard, but they cannot read balances. So the message names the token. */
const ACCESS_TOKEN_DESCRIPTION = 'an organisation access token (access_…)';

export class BeneficiarySettings {
  @TextSetting('The holder of the account, as the bank has it: the bank may compare.', { maxLength: 70 })
  name!: string;

  @Setting('The IBAN; spaces and hyphens do not matter.')
  @IsIBAN(undefined, { message: '$property must be an IBAN with right length and check digits' })
  iban!: string;
}

export class MollieSettings {
  @Setting(
    'Access token of the organisation (access_…); not an API key. Without it, the three OAuth settings are needed.',
  )
  @ValidateIf(
    ({ accessToken, refreshToken }: MollieSettings) =>
      accessToken !== undefined || refreshToken === undefined,
  )
  @Matches(/^(?!live_|test_)/, {
    message: `$property must be ${ACCESS_TOKEN_DESCRIPTION}; live_… and test_… are API keys`,
  })
  @IsString({
    message: `$property must be ${ACCESS_TOKEN_DESCRIPTION}, or refreshToken, clientId and clientSecret`,
  })
  @IsNotEmpty()
  accessToken?: string;

  @TextSetting('OAuth: refresh token (refresh_…) of the organisation that authorised your app.')
  @ValidateIf(isRequiredOrSet('refreshToken'))
  refreshToken?: string;

  @TextSetting('OAuth: client id (app_…) of your app.')
  @ValidateIf(isRequiredOrSet('clientId'))
  clientId?: string;

  @TextSetting('OAuth: client secret of your app.')
  @ValidateIf(isRequiredOrSet('clientSecret'))
  clientSecret?: string;

  @UrlSetting('Where the API is.')
  url: string = 'https://api.mollie.com';

  @FlagSetting('Whether the test data of the organisation is mirrored instead of the live data.')
  testmode: boolean = false;

  @ChoiceSetting(
    'Which amount of a balance is served: what can be paid out, or also what Mollie still holds as pending.',
    ['available', 'available-and-pending'],
  )
  balance: 'available' | 'available-and-pending' = 'available';

  @ChoiceSetting(
    'Business accounts: mirrored where the token may read them, an error where it may not, or left out. It needs business-accounts.read.',
    ['where-allowed', 'required', 'off'],
  )
  businessAccounts: 'where-allowed' | 'required' | 'off' = 'where-allowed';

  @IntegerSetting(
    'Minutes of a journal before its newest known row that are read again at every sync, for rows that turn up late.',
    0,
    100_000,
  )
  rereadMinutes: number = 60;

  @IntegerSetting('Rows in one answer.', 2, 250)
  pageSize: number = 250;

  @ChoiceSetting(
    'Payouts of a balance to your own bank account. Mollie stops the automatic settlements of a balance at its first payout: say so to allow it.',
    ['off', 'switch-to-manual-settlement'],
  )
  payouts: 'off' | 'switch-to-manual-settlement' = 'off';

  @ChoiceSetting(
    'Payouts from business accounts: draft makes a draft transfer of each, and no money moves before a person approves it in the Mollie app.',
    ['off', 'draft'],
  )
  transfers: 'off' | 'draft' = 'off';

  @Setting('Whom business accounts may pay besides those that they have paid before.')
  @Type(() => BeneficiarySettings)
  @IsArray()
  @ValidateNested({ each: true })
  @ArrayUnique(({ iban }: BeneficiarySettings) => normalizeIban(String(iban)), {
    message: '$property must have each IBAN once',
  })
  beneficiaries: BeneficiarySettings[] = [];

  @Setting('Signing secrets of the webhooks; several while one is replaced by another.')
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  webhookSecrets?: string[];

  @FlagSetting(
    'Whether classic webhooks (unsigned, only an id) are accepted. They make a sync start, and are believed nothing.',
  )
  classicWebhooks: boolean = false;
}

/** Returns a condition: the setting is present, or OAuth is used without an access token. OAuth needs all three settings. */
function isRequiredOrSet(key: 'refreshToken' | 'clientId' | 'clientSecret') {
  return (settings: MollieSettings): boolean => {
    const { accessToken, refreshToken, clientId, clientSecret } = settings;
    const usesOAuth = [refreshToken, clientId, clientSecret].some((value) => value !== undefined);
    return settings[key] !== undefined || (accessToken === undefined && usesOAuth);
  };
}
