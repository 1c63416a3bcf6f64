/** The settings of a GoCardless connector in the deployment file. */
import {
  ChoiceSetting,
  DaySetting,
  IntegerSetting,
  TextListSetting,
  TextSetting,
  UrlSetting,
} from '@tributary/connector-api';
import { ACCESS_CHOICES, type AccessChoice } from '@tributary/connector-api/listing';

export class GocardlessSettings {
  @TextSetting('Access token (live_… or sandbox_…), from the developer settings of the dashboard.')
  accessToken!: string;

  @UrlSetting('Base URL of the API; https://api-sandbox.gocardless.com is the sandbox.')
  url: string = 'https://api.gocardless.com';

  @TextListSetting('Secrets of the webhook endpoints; several while one is replaced by another.')
  webhookSecrets?: string[];

  @DaySetting('The day from which payments, refunds, payouts and bank accounts are listed.')
  since: string = '2011-01-01';

  @IntegerSetting('Days of payments, refunds and payouts that are read again, besides events.', 1, 365)
  changesWithinDays: number = 30;

  @IntegerSetting('Hours between two readings of all these days.', 1, 168)
  rereadEveryHours: number = 24;

  @ChoiceSetting('Whether payment accounts and outbound payments are read.', ACCESS_CHOICES)
  paymentAccounts: AccessChoice = 'where-allowed';

  @TextSetting('Id of the public key with which GoCardless verifies outbound payments.', {
    isRequiredIf: ({ signingKey }: GocardlessSettings) => signingKey !== undefined,
  })
  signingKeyId?: string;

  @TextSetting('PEM of the private key (P-521) that signs outbound payments; without it payouts are off.', {
    isRequiredIf: ({ signingKeyId }: GocardlessSettings) => signingKeyId !== undefined,
    pattern: /-----BEGIN (EC )?PRIVATE KEY-----/,
    form: 'a PEM that begins with -----BEGIN EC PRIVATE KEY-----',
  })
  signingKey?: string;

  @IntegerSetting('Requests per minute that GoCardless allows this organisation.', 1, 60_000)
  requestsPerMinute: number = 1000;

  @IntegerSetting('Rows in one answer.', 1, 500)
  pageSize: number = 500;
}
