import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { getSettingDescription } from './setting.decorator.js';
import {
  ChoiceSetting,
  DaySetting,
  FlagSetting,
  IntegerSetting,
  ListSetting,
  PatternSetting,
  PayeeListSetting,
  TextListSetting,
  TextSetting,
  UrlSetting,
} from './setting-kinds.js';
import type { PayeeSettings } from './setting-kinds.js';

class ShopSettings {
  @TextSetting('Name.')
  name!: string;
}

class AcmeSettings {
  @TextSetting('API key.', { maxLength: 5 })
  key!: string;
  @TextSetting('Webhook secret.', { isOptional: true })
  secret?: string;
  @FlagSetting('Test data.')
  testmode: boolean = false;
  @ChoiceSetting('Which balance.', ['available', 'booked'])
  balance: string = 'available';
  @IntegerSetting('Rows in a page.', 2, 250)
  pageSize: number = 250;
  @UrlSetting('Base URL.')
  url: string = 'https://acme.example';
  @ListSetting('Payees.', ShopSettings, {
    getKey: ({ name }) => name,
    message: '$property has a name twice',
  })
  payees: ShopSettings[] = [];
  @TextListSetting('Webhook secrets.')
  secrets?: string[];
  @PatternSetting('Domain.', /^[^/]+$/, 'a domain like example.com')
  domain: string = 'example.com';
  @DaySetting('First day.')
  since: string = '2026-01-31';
  @PayeeListSetting('Whom the account may pay.')
  ibans: PayeeSettings[] = [];
  @TextSetting('Password.', { isRequiredIf: ({ user }: AcmeSettings) => user !== undefined })
  password?: string;
  @TextSetting('Token.', { isOptional: true, pattern: /^tok_/, form: 'a token like tok_1' })
  token?: string;
  @TextSetting('User.', { isOptional: true })
  user?: string;
}

function listInvalid(values: Readonly<Record<string, unknown>>): string[] {
  return validateSync(plainToInstance(AcmeSettings, { key: 'k', ...values })).map(({ property }) => property);
}

it('values of the right kind are accepted', () => {
  expect(listInvalid({})).toEqual([]);
  const values = { key: 'abcde', secret: 's', testmode: true, balance: 'booked', pageSize: 2 };
  expect(listInvalid({ payees: [{ name: 'a' }, { name: 'b' }], secrets: ['x'] })).toEqual([]);
  const ibans = [{ name: 'Jan', iban: 'NL02 ABNA 0123 4567 89' }];
  expect(listInvalid({ ibans, user: 'u', password: 'p', token: 'tok_1' })).toEqual([]);
  expect(listInvalid({ ...values, url: 'http://127.0.0.1:8080/v2' })).toEqual([]);
});

it.each([
  ['key', ['', 5, undefined, 'abcdef']],
  ['secret', ['', 5]],
  ['testmode', ['true', 1]],
  ['balance', ['pending', true]],
  ['pageSize', [1, 251, 2.5, '10']],
  ['url', ['acme', 'ftp://acme.example', 5]],
  ['payees', ['a', [{ name: '' }], ['a'], [{ name: 'a' }, { name: 'a' }]]],
  ['secrets', ['x', [], [''], [5]]],
  ['domain', ['https://acme.example', '', 5]],
  [
    'ibans',
    [
      [{ name: 'Jan', iban: 'NL03ABNA0123456789' }],
      [{ name: 'x'.repeat(71), iban: 'NL02ABNA0123456789' }],
      [
        { name: 'Jan', iban: 'NL02ABNA0123456789' },
        { name: 'Piet', iban: 'nl02 abna 0123 4567 89' },
      ],
    ],
  ],
  ['password', ['', 5]],
  ['token', ['', 'key_1', 5]],
  ['since', ['2026-02-30', '2026-01-31T00:00:00Z', '31.1.2026', 5]],
])('%s: other values are refused', (name, values) => {
  for (const value of values) expect(listInvalid({ [name]: value })).toEqual([name]);
});

it('a setting that others require must be present with them', () => {
  expect(listInvalid({ user: 'u' })).toEqual(['password']);
});

it('the message for a text that does not match says what is expected', () => {
  const [error] = validateSync(plainToInstance(AcmeSettings, { key: 'k', token: 'key_1' }));
  expect(error?.constraints).toEqual({ matches: 'token must be a token like tok_1' });
});

it('each has its description, which editors show', () => {
  const names = ['key', 'secret', 'testmode', 'balance', 'pageSize', 'url'];
  expect(names.map((name) => getSettingDescription(AcmeSettings.prototype, name))).toEqual([
    ...['API key.', 'Webhook secret.', 'Test data.', 'Which balance.', 'Rows in a page.', 'Base URL.'],
  ]);
});
