/** The settings of a PayPal connector in the deployment file. */
import {
  ChoiceSetting,
  DaySetting,
  IntegerSetting,
  ListSetting,
  PatternSetting,
  TextSetting,
  UrlSetting,
} from '@tributary/connector-api';
import { RECEIVER_PATTERNS } from './paypal.vocabulary.js';

const BALANCES = ['total', 'available'] as const;
const RECEIVER_SOURCES = Object.values(RECEIVER_PATTERNS).map(({ source }) => source);
const RECEIVER_PATTERN = new RegExp(RECEIVER_SOURCES.join('|'));

/** A person or company that the account may pay. */
export class PaypalPayeeSettings {
  @TextSetting('The name of the receiver, for people.')
  name!: string;

  @TextSetting('E-mail address, phone number or id of the PayPal account.', {
    ...{ maxLength: 127, pattern: RECEIVER_PATTERN },
    form: 'an e-mail address, a phone number or the id of a PayPal account',
  })
  receiver!: string;
}

export class PaypalSettings {
  @TextSetting('Client ID of the REST app, from "Apps & Credentials" in the PayPal Developer Dashboard.')
  clientId!: string;

  @TextSetting('Client secret of the REST app.')
  clientSecret!: string;

  @PatternSetting(
    'Merchant ID of the account that owns the app, from "Business information" in the account settings.',
    RECEIVER_PATTERNS.PAYPAL_ID,
    'a merchant ID of 13 characters like WDJJHEBZ4X2LY',
  )
  accountId!: string;

  @UrlSetting('Base URL of the API; https://api-m.sandbox.paypal.com is the sandbox.')
  url: string = 'https://api-m.paypal.com';

  @DaySetting('The day from which transactions are listed. PayPal lists the last three years.')
  since: string = '2015-01-01';

  @ChoiceSetting('Which balance is served: with or without what PayPal withholds.', BALANCES)
  balance: (typeof BALANCES)[number] = 'total';

  @IntegerSetting('Days for which a transaction may still change.', 1, 180)
  changesWithinDays: number = 35;

  @IntegerSetting('Hours between two readings of all transactions that may still change.', 1, 168)
  rereadEveryHours: number = 24;

  @IntegerSetting('Requests per minute, over all who use PayPal from this IP address.', 6, 60_000)
  requestsPerMinute: number = 50;

  @IntegerSetting('Rows in one answer.', 1, 500)
  pageSize: number = 500;

  @ListSetting('Whom the account may pay, besides those that it has paid.', PaypalPayeeSettings, {
    getKey: ({ receiver }) => receiver,
    message: '$property must have each receiver once',
  })
  beneficiaries: PaypalPayeeSettings[] = [];

  @TextSetting('ID of the webhook, from the app; without it webhooks are not accepted.', { isOptional: true })
  webhookId?: string;
}
