import { PspError } from '@tributary/connector-api';
import { signWebhook } from './testing/suite-fixture.js';
import { verifyWebhook } from './revolut-business.webhooks.js';

/**
 * The secret in Revolut's guide "Verify the payload signature". The body and the time are from the same guide. The expected signature is
 * the output of the program in the guide.
 */
const SECRET = 'wsk_r59a4HfWVAKycbCaNO1RvgCJec02gRd8';
const BODY = Buffer.from(
  '{"data":{"id":"645a7696-22f3-aa47-9c74-cbae0449cc46","new_state":"completed","old_state":"pending",' +
    '"request_id":"app_charges-9f5d5eb3-1e06-46c5-b1c0-3914763e0bcb"},"event":"TransactionStateChanged",' +
    '"timestamp":"2023-05-09T16:36:38.028960Z"}',
);
const AT = 1_683_650_202_360;
const SIGNATURE = 'v1=bca326fb378d0da7f7c490ad584a8106bab9723d8d9cdd0d50b4c5b3be3837c0';

function verify(headers: Record<string, string>, rawBody = BODY, now = AT) {
  return verifyWebhook(
    { headers: { 'revolut-request-timestamp': String(AT), ...headers }, rawBody },
    SECRET,
    now,
  );
}

it("agrees with the guide's example", () => {
  expect(verify({ 'revolut-signature': SIGNATURE })).toEqual(['transactions', 'accounts']);
  expect(signWebhook(BODY, SECRET, AT)['revolut-signature']).toBe(SIGNATURE);
});

it('accepts any of several signatures, as while a secret is replaced', () => {
  const other = `v1=${'0'.repeat(64)}`;
  expect(() => verify({ 'revolut-signature': `${other},${SIGNATURE}` })).not.toThrow();
  expect(() => verify({ 'revolut-signature': `${other}, ${SIGNATURE}` })).not.toThrow();
});

it.each([
  ['another body', () => verify({ 'revolut-signature': SIGNATURE }, Buffer.concat([BODY, Buffer.from(' ')]))],
  ['another version', () => verify({ 'revolut-signature': SIGNATURE.replace('v1', 'v2') })],
  ['half a signature', () => verify({ 'revolut-signature': SIGNATURE.slice(0, 35) })],
  ['no signature', () => verify({})],
  ['no timestamp', () => verify({ 'revolut-signature': SIGNATURE, 'revolut-request-timestamp': '' })],
  ['six minutes later', () => verify({ 'revolut-signature': SIGNATURE }, BODY, AT + 6 * 60_000)],
  ['six minutes earlier', () => verify({ 'revolut-signature': SIGNATURE }, BODY, AT - 6 * 60_000)],
])('refuses %s', (_, act) => {
  expect(act).toThrow(PspError);
  expect(act).toThrow('a webhook is refused');
});

it.each(['PayoutLinkCreated', 'PayoutLinkStateChanged', 'SomethingElse'])('%s moves no money', (event) => {
  const body = Buffer.from(JSON.stringify({ event }));
  expect(verify(signWebhook(body, SECRET, AT), body)).toEqual([]);
});
