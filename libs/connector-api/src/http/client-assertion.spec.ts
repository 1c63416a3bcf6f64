import { generateKeyPairSync } from 'node:crypto';
import { jwtVerify } from 'jose';
import { createClientAssertion } from './index.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const claims = { issuer: 'example.com', subject: 'client-1', audience: 'https://acme.example' };

describe('clientAssertion', () => {
  it.each(['pkcs8', 'pkcs1'] as const)('signs with a key in %s, for five minutes', async (type) => {
    const pem = privateKey.export({ type, format: 'pem' }).toString();
    const jwt = await createClientAssertion({ ...claims, privateKey: pem, keyId: 'k1' });
    const { payload, protectedHeader } = await jwtVerify(jwt, publicKey, {
      issuer: claims.issuer,
      audience: claims.audience,
      subject: claims.subject,
    });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' });
    expect((payload.exp ?? 0) - Date.now() / 1000).toBeCloseTo(300, -1);
  });

  it('says what is wrong with a key without quoting it', async () => {
    const { privateKey: curve } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = curve.export({ type: 'pkcs8', format: 'pem' }).toString();
    await expect(createClientAssertion({ ...claims, privateKey: pem })).rejects.toMatchObject({
      kind: 'unauthorized',
      message: 'the private key of the client assertion is of type ec; expected the PEM of an RSA key',
    });
    await expect(createClientAssertion({ ...claims, privateKey: 'secret-key' })).rejects.toMatchObject({
      message: 'the private key of the client assertion is unreadable; expected the PEM of an RSA key',
    });
  });
});
