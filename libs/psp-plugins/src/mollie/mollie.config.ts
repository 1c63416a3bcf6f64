/** The settings of a Mollie connector in the deployment file. */
import {
  ChoiceSetting,
  FlagSetting,
  IntegerSetting,
  PayeeListSetting,
  TextListSetting,
  TextSetting,
  UrlSetting,
} from '@tributary/connector-api';
import type { PayeeSettings } from '@tributary/connector-api';
import { ACCESS_CHOICES, type AccessChoice } from '@tributary/connector-api/listing';

/**
 * The description of the right token, for messages. Mollie's dashboard shows API keys more prominently, but an API key cannot read
 * balances.
 */
const ACCESS_TOKEN_DESCRIPTION = 'an organisation access token (access_…)';

const BALANCES = ['available', 'available-and-pending'] as const;
const PAYOUTS = ['off', 'switch-to-manual-settlement'] as const;
const TRANSFERS = ['off', 'draft'] as const;

export class MollieSettings {
  @TextSetting('Access token of the organisation (access_…), not an API key; or the three OAuth settings.', {
    message: `$property must be ${ACCESS_TOKEN_DESCRIPTION}, or refreshToken, clientId and clientSecret`,
    isRequiredIf: ({ refreshToken }: MollieSettings) => refreshToken === undefined,
    pattern: /^(?!live_|test_)/,
    form: `${ACCESS_TOKEN_DESCRIPTION}; live_… and test_… are API keys`,
  })
  accessToken?: string;

  @TextSetting('OAuth: refresh token (refresh_…) of the organisation that authorised your app.', {
    isRequiredIf: isOAuthUsed,
  })
  refreshToken?: string;

  @TextSetting('OAuth: client id (app_…) of your app.', { isRequiredIf: isOAuthUsed })
  clientId?: string;

  @TextSetting('OAuth: client secret of your app.', { isRequiredIf: isOAuthUsed })
  clientSecret?: string;

  @UrlSetting('Where the API is.')
  url: string = 'https://api.mollie.com';

  @FlagSetting('Whether the test data of the organisation is read instead of the live data.')
  testmode: boolean = false;

  @ChoiceSetting('Which amount of a balance is served: without or with what Mollie still holds.', BALANCES)
  balance: (typeof BALANCES)[number] = 'available';

  @ChoiceSetting('Whether business accounts are read. It needs business-accounts.read.', ACCESS_CHOICES)
  businessAccounts: AccessChoice = 'where-allowed';

  @IntegerSetting('Minutes before the newest known row that every sync reads again.', 0, 100_000)
  rereadMinutes: number = 60;

  @IntegerSetting('Rows in one answer.', 2, 250)
  pageSize: number = 250;

  @ChoiceSetting('Payouts of balances. The first one ends the automatic settlements of its balance.', PAYOUTS)
  payouts: (typeof PAYOUTS)[number] = 'off';

  @ChoiceSetting('Payouts from business accounts. A person approves each draft in the app.', TRANSFERS)
  transfers: (typeof TRANSFERS)[number] = 'off';

  @PayeeListSetting('Whom business accounts may pay besides those that they have paid.')
  beneficiaries: PayeeSettings[] = [];

  @TextListSetting('Signing secrets of the webhooks; several while one is replaced by another.')
  webhookSecrets?: string[];

  @FlagSetting('Whether unsigned webhooks (only an id) are accepted, too. They only make a sync start.')
  classicWebhooks: boolean = false;
}

/**
 * Returns true if the settings use OAuth: there is no access token, but at least one of the three OAuth settings. All three are then
 * required.
 */
function isOAuthUsed({ accessToken, refreshToken, clientId, clientSecret }: MollieSettings): boolean {
  return accessToken === undefined && [refreshToken, clientId, clientSecret].some((one) => one !== undefined);
}
