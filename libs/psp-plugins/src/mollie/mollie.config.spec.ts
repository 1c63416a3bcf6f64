/** Checks which combinations of credentials a deployment can use, and the error messages for other combinations. */
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { mollie } from './index.js';
import { MollieSettings } from './mollie.config.js';

const OAUTH = { refreshToken: 'refresh_1', clientId: 'app_1', clientSecret: 'secret' };

function getValidationMessages(settings: object): string[] {
  return validateSync(plainToInstance(MollieSettings, settings)).flatMap(({ constraints }) =>
    Object.values(constraints ?? {}),
  );
}

it.each([{ accessToken: 'access_1' }, OAUTH, { ...OAUTH, accessToken: 'access_1' }])(
  '%j are credentials',
  (settings) => {
    expect(getValidationMessages(settings)).toEqual([]);
  },
);

it.each(['live_1', 'test_1'])('%s is an API key, and would find nothing', (accessToken) => {
  expect(getValidationMessages({ accessToken })).toEqual([
    'accessToken must be an organisation access token (access_…); live_… and test_… are API keys',
  ]);
});

it('without any, both kinds are named', () => {
  expect(getValidationMessages({})).toContain(
    'accessToken must be an organisation access token (access_…), or refreshToken, clientId and clientSecret',
  );
});

it('a part of OAuth is not enough', () => {
  expect(getValidationMessages({ ...OAUTH, clientSecret: undefined })).toContain(
    'clientSecret must be a string',
  );
});

it('live data and test data are different accounts', () => {
  const identify = (values: object) =>
    mollie.identifyAccount?.(plainToInstance(MollieSettings, { accessToken: 'access_1', ...values }));
  expect(identify({})).toBe('https://api.mollie.com');
  expect(identify({ accessToken: 'access_2' })).toBe(identify({}));
  expect(identify({ testmode: true })).not.toBe(identify({}));
});
