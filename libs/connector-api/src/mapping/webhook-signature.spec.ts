import { createHmac } from 'node:crypto';
import { verifyHmac, verifyTimestamp } from './webhook-signature.js';

const body = Buffer.from('{"event":"paid"}');
const sign = (secret: string, encoding: 'hex' | 'base64' = 'hex') =>
  createHmac('sha256', secret).update('1.').update(body).digest(encoding);
const verify = (signatures: string[], more: Partial<Parameters<typeof verifyHmac>[0]> = {}) =>
  verifyHmac({ header: 'X-Acme', signatures, secrets: ['new', 'old'], signed: ['1.', body], ...more });

it('one right signature with one valid secret is enough', () => {
  expect(() => verify([sign('old')])).not.toThrow();
  expect(() => verify(['00', ` ${sign('new').toUpperCase()} `])).not.toThrow();
  expect(() => verify([sign('new', 'base64')], { encoding: 'base64' })).not.toThrow();
});

it.each([
  ['another secret', [sign('other')]],
  ['half of it', [sign('new').slice(0, 32)]],
  ['rubbish after it', [`${sign('new')}zz`]],
  ['another encoding', [sign('new', 'base64')]],
])('refuses %s', (_, signatures) => {
  expect(() => verify(signatures)).toThrow('X-Acme is not a signature of this body');
});

it('refuses a request without signature, and any request while there is no secret', () => {
  expect(() => verify(['', ' '])).toThrow('X-Acme is missing');
  for (const secrets of [[''], [undefined], []])
    expect(() => verify([sign('')], { secrets })).toThrow('the settings contain no secret');
});

it('refuses a time that is too far from now, in both directions, and none', () => {
  const check = (at: number) => () => verifyTimestamp({ header: 'X-Time', at, now: 1_000_000 });
  for (const at of [1_000_000, 700_000, 1_300_000]) expect(check(at)).not.toThrow();
  for (const at of [699_999, 1_300_001, NaN]) expect(check(at)).toThrow('more than 300 s from now');
});
