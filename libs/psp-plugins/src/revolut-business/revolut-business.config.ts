/** The settings of a Revolut Business connector in the deployment file. */
import {
  DaySetting,
  IntegerSetting,
  PatternSetting,
  TextSetting,
  UrlSetting,
} from '@tributary/connector-api';

export class RevolutBusinessSettings {
  @TextSetting('Client ID of the certificate, from the Business API settings of the Revolut Business app.')
  clientId!: string;

  @PatternSetting(
    'PEM of the private key that belongs to the certificate; it signs every client assertion.',
    /-----BEGIN (RSA )?PRIVATE KEY-----/,
    'a PEM that begins with -----BEGIN PRIVATE KEY-----',
  )
  privateKey!: string;

  @PatternSetting(
    'Issuer of the client assertion: the domain of the OAuth redirect URI, without https://.',
    /^[^/\s:]+$/,
    'a domain like example.com, without https://',
  )
  issuer!: string;

  @TextSetting('Refresh token that Revolut gave for the authorisation code, once.')
  refreshToken!: string;

  @TextSetting('Signing secret (wsk_…) of the webhook; without it webhooks are not accepted.', {
    isOptional: true,
  })
  webhookSecret?: string;

  @UrlSetting('Base URL of the API; https://sandbox-b2b.revolut.com/api/1.0 is the sandbox.')
  url: string = 'https://b2b.revolut.com/api/1.0';

  @DaySetting('The day from which transactions are listed.')
  since: string = '2015-01-01';

  @IntegerSetting(
    'Days for which a transaction may still change: so far back it is read again and again.',
    1,
    365,
  )
  changesWithinDays: number = 30;

  @IntegerSetting('Hours between two readings of all transactions that may still change.', 1, 168)
  rereadEveryHours: number = 6;

  @IntegerSetting(
    'Requests per minute that Revolut allows this business, over all who use its API.',
    6,
    60_000,
  )
  requestsPerMinute: number = 60;

  @IntegerSetting('Rows in one answer.', 1, 1000)
  pageSize: number = 1000;
}
