/** Tests the download and the verification of certificates that sign webhooks. The certificates in fixtures/ are valid from 2000 to 2099. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakePsp, fakeRoute } from '../testing/index.js';
import { verifyCertificateChain } from './certificate-chain.js';
import { SigningCertificates } from './signing-certificates.js';
import type { CertificateSignature } from './signing-certificates.js';

const readPem = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', `${name}.pem`), 'utf8');
const NOW = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;
const REQUIREMENTS = {
  commonName: /^messageverificationcerts\.paypal\.com$/,
  trustedRoots: readPem('root'),
  now: NOW,
};

describe('verifyCertificateChain', () => {
  it('returns the key of a certificate that leads to a trusted root', () => {
    const { publicKey, validUntil } = verifyCertificateChain(readPem('chain'), REQUIREMENTS);
    expect(publicKey.asymmetricKeyType).toBe('rsa');
    expect(validUntil).toBe(Date.UTC(2099, 11, 31));
  });

  it.each([
    [
      'a name that only begins like it',
      readPem('other-name'),
      {},
      'belongs to "messageverificationcerts.paypal.com.attacker.example"',
    ],
    ['an expired one', readPem('expired'), {}, 'is valid from'],
    ['one of the future', readPem('chain'), { now: Date.UTC(1999, 0, 1) }, 'is valid from'],
    ['a chain without its intermediate', readPem('leaf-only'), {}, 'does not lead to a trusted root'],
    [
      'a root that is not trusted',
      readPem('chain'),
      { trustedRoots: undefined },
      'does not lead to a trusted root',
    ],
    [
      'a certificate that issued itself a root',
      readPem('chain') + readPem('root'),
      { trustedRoots: '' },
      'does not lead',
    ],
    ['no certificate', 'hello', {}, 'there is no certificate'],
    ['a very long chain', readPem('chain').repeat(6), {}, 'more than 10 certificates'],
    ['a certificate that is none', readPem('leaf-only').replace('MII', 'AAA'), {}, ''],
  ])('refuses %s', (_name, pem, changes, reason) => {
    expect(() => verifyCertificateChain(pem, { ...REQUIREMENTS, ...changes })).toThrow(reason);
  });
});

describe('SigningCertificates', () => {
  let fake: FakePsp;
  let time = NOW;
  const clock = { now: () => time, sleep: async (ms: number) => void (time += ms) };
  const create = () =>
    new SigningCertificates({
      ...REQUIREMENTS,
      ...{ name: 'Acme webhook', origins: [fake.url], path: /^\/certs\/\w+$/, clock },
    });

  beforeEach(async () => {
    time = NOW;
    fake = await FakePsp.start({
      createErrorBody: () => ({ message: 'no' }),
      routes: ['chain', 'expired'].map((name) =>
        fakeRoute('GET', `/certs/${name}`, () => ({ body: '', rawBody: readPem(name) })),
      ),
    });
  });
  afterEach(() => fake.close());

  it('downloads a certificate once a day', async () => {
    const certificates = create();
    for (let call = 0; call < 3; call += 1) await certificates.getPublicKey(`${fake.url}/certs/chain`);
    expect(fake.requests).toHaveLength(1);
    expect(fake.requests[0]?.headers['authorization']).toBeUndefined();
    time += DAY_MS;
    await certificates.getPublicKey(`${fake.url}/certs/chain`);
    expect(fake.requests).toHaveLength(2);
  });

  it.each([
    ['another host', 'https://api.acme.example.attacker.example/certs/chain'],
    ['a user in the URL', 'http://user@127.0.0.1/certs/chain'],
    ['another path', '/other/chain'],
    ['a path that leads back', '/certs/../certs/chain'],
    ['a query', '/certs/chain?x=1'],
    ['a fragment', '/certs/chain#x'],
    ['a text that is no URL', 'certs'],
    ['an empty text', ''],
  ])('requests nothing for %s', async (_name, url) => {
    const target = url.startsWith('/') ? fake.url + url : url;
    await expect(create().getPublicKey(target)).rejects.toMatchObject({ kind: 'rejected' });
    expect(fake.requests).toHaveLength(0);
  });

  it('refuses a certificate that is missing or not trusted, and asks again the next time', async () => {
    const certificates = create();
    for (const name of ['missing', 'expired', 'expired'])
      await expect(certificates.getPublicKey(`${fake.url}/certs/${name}`)).rejects.toMatchObject({
        kind: 'rejected',
      });
    expect(fake.requests).toHaveLength(3);
  });

  it('says that a certificate cannot be downloaded now', async () => {
    fake.injectFault({ fault: { status: 500 }, times: Infinity });
    await expect(create().getPublicKey(`${fake.url}/certs/chain`)).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  describe('verifySignature', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signature = sign('sha256', Buffer.from('signed'), privateKey).toString('base64');
    const verify = (changes: Partial<CertificateSignature>) => {
      const certificates = create();
      certificates.getPublicKey = () => Promise.resolve(publicKey);
      const certificateUrl = `${fake.url}/certs/chain`;
      return certificates.verifySignature({
        ...{ header: 'Acme-Signature', signature, signed: 'signed', certificateUrl, ...changes },
      });
    };

    it('accepts a signature with the key of the certificate', () =>
      expect(verify({})).resolves.toBeUndefined());

    it.each<[string, Partial<CertificateSignature>]>([
      ['another text', { signed: 'Signed' }],
      ['an empty signature', { signature: '' }],
      ['a signature with an invalid character', { signature: `${signature}!` }],
    ])('refuses %s', async (_name, changes) => {
      const message = expect.stringContaining('Acme-Signature is not a signature of this body');
      await expect(verify(changes)).rejects.toMatchObject({ kind: 'rejected', message });
    });
  });
});
