import { generateKeyPairSync, verify } from 'node:crypto';
import { signRequest } from './request-signature.js';

it('signs the method, the target and the body, under the header names of the PSP', () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-521' });
  const privateKey = keys.privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const request = {
    ...({ method: 'POST', url: 'https://psp.example/payouts?x=1', body: '{"amount":1}' } as const),
    headers: { 'content-type': 'application/json' },
  };
  const options = { privateKey, keyId: 'key-1', algorithm: 'sha512', now: 1_700_000_000_000 } as const;
  const headers = signRequest(request, { ...options, headerPrefix: 'acme-' });
  expect(Object.keys(headers)).toEqual(['content-digest', 'acme-signature-input', 'acme-signature']);
  expect(Object.keys(signRequest(request, options))[1]).toBe('signature-input');
  const input = headers['acme-signature-input']?.replace(/^sig-1=/, '') ?? '';
  expect(input).toContain('keyid="key-1";created=1700000000;');
  const signed = (target: string) =>
    [
      ...['"@method": POST', '"@authority": psp.example', `"@request-target": ${target}`],
      ...[`"content-digest": ${headers['content-digest']}`, '"content-type": application/json'],
      ...['"content-length": 12', `"@signature-params": ${input}`],
    ].join('\n');
  const signature = Buffer.from(/^sig-1=:(.*):$/.exec(headers['acme-signature'] ?? '')?.[1] ?? '', 'base64');
  expect(verify('sha512', Buffer.from(signed('/payouts?x=1')), keys.publicKey, signature)).toBe(true);
  expect(verify('sha512', Buffer.from(signed('/payouts')), keys.publicKey, signature)).toBe(false);
});
