/** The settings of a Square connector in the deployment file. */
import {
  DaySetting,
  IntegerSetting,
  PatternSetting,
  TextListSetting,
  TextSetting,
  UrlSetting,
} from '@tributary/connector-api';
import { IsOptional } from 'class-validator';

export class SquareSettings {
  @TextSetting('Access token: the personal access token of your application; or the three OAuth settings.', {
    message: '$property must be an access token, or refreshToken, applicationId and applicationSecret',
    isRequiredIf: ({ refreshToken }: SquareSettings) => refreshToken === undefined,
  })
  accessToken?: string;

  @TextSetting('OAuth: refresh token of the code flow, of the seller who authorised your application.', {
    isRequiredIf: isOAuthUsed,
  })
  refreshToken?: string;

  @TextSetting('OAuth: application ID.', { isRequiredIf: isOAuthUsed })
  applicationId?: string;

  @TextSetting('OAuth: application secret.', { isRequiredIf: isOAuthUsed })
  applicationSecret?: string;

  @TextListSetting('Signature keys of the webhook subscriptions; without one webhooks are not accepted.')
  webhookSignatureKeys?: string[];

  @UrlSetting('Notification URL, exactly as in the webhook subscription: Square signs it.')
  @IsOptional()
  webhookUrl?: string;

  @UrlSetting('Base URL of the API; https://connect.squareupsandbox.com is the sandbox.')
  url: string = 'https://connect.squareup.com';

  @PatternSetting(
    'Version of the API, which is sent as Square-Version.',
    /^20\d\d-\d\d-\d\d$/,
    'a version like 2025-08-20',
  )
  apiVersion: string = '2025-08-20';

  @DaySetting('The day from which transactions are listed. Square has no payouts before 2021.')
  since: string = '2009-01-01';

  @IntegerSetting(
    'Days for which a listed row may change without a new time: so far back everything is read again.',
    1,
    365,
  )
  changesWithinDays: number = 14;

  @IntegerSetting('Hours between two readings of everything that may have changed.', 1, 168)
  rereadEveryHours: number = 24;

  @IntegerSetting('Requests per minute that this connector sends at most.', 6, 60_000)
  requestsPerMinute: number = 600;
}

function isOAuthUsed({ accessToken, refreshToken }: SquareSettings): boolean {
  return accessToken === undefined && refreshToken !== undefined;
}
