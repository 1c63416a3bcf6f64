/** The settings of an Adyen Balance Platform connector in the deployment file. */
import {
  ChoiceSetting,
  DaySetting,
  IntegerSetting,
  PayeeListSetting,
  TextListSetting,
  TextSetting,
  UrlSetting,
} from '@tributary/connector-api';
import type { PayeeSettings } from '@tributary/connector-api';
import { Matches } from 'class-validator';

/** `booked`: the sum of the booked transactions. `available`: what can be paid out now. */
const BALANCES = ['booked', 'available'] as const;
/** Source: `priority` of POST /transfers. */
const PRIORITIES = ['regular', 'fast', 'instant', 'wire', 'crossBorder', 'internal'] as const;

export class AdyenBalancePlatformSettings {
  @TextSetting('API key of a web service user of the balance platform (ws…@BalancePlatform.…).')
  apiKey!: string;

  @TextSetting('ID of the balance platform.')
  balancePlatform!: string;

  @TextListSetting('HMAC keys (hexadecimal) of the webhooks; several while one is replaced by another.')
  @Matches(/^(?:[0-9a-f]{2})+$/i, { each: true, message: 'each value in $property must be hexadecimal' })
  webhookKeys?: string[];

  @UrlSetting('Where the APIs are; https://balanceplatform-api-test.adyen.com is the test environment.')
  url: string = 'https://balanceplatform-api-live.adyen.com';

  @DaySetting('The day from which transfers are listed.')
  since: string = '2020-01-01';

  @ChoiceSetting('Which amount of a balance account is served.', BALANCES)
  balance: (typeof BALANCES)[number] = 'booked';

  @ChoiceSetting('The priority of payouts to banks, unless the order names another one.', PRIORITIES)
  priority: (typeof PRIORITIES)[number] = 'regular';

  @PayeeListSetting('Whom payouts may pay besides those who were paid before.')
  beneficiaries: PayeeSettings[] = [];

  @IntegerSetting('Days for which the status of a transfer may change without a booking.', 1, 365)
  changesWithinDays: number = 30;

  @IntegerSetting('Hours between two readings of all transfers that may change.', 1, 168)
  rereadEveryHours: number = 6;

  @IntegerSetting('Requests per minute, over all APIs.', 6, 60_000)
  requestsPerMinute: number = 600;

  @IntegerSetting('Rows in one response.', 1, 100)
  pageSize: number = 100;
}
