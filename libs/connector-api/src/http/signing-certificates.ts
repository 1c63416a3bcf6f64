/**
 * Downloads the certificates with which a PSP signs its webhooks. A webhook contains the URL of its certificate. An attacker can send any
 * URL, so only URLs of the PSP are requested. Each connector has its own object, which keeps the verified certificates.
 */
import { verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Provider, Type } from '@nestjs/common';
import { PspError } from '../errors.js';
import { createWebhookRejection } from '../mapping/webhook-signature.js';
import { verifyCertificateChain } from './certificate-chain.js';
import type { CertificateRequirements, VerifiedCertificate } from './certificate-chain.js';
import { createTimeoutSignal, type HttpClock } from './http-clock.js';
import { PspHttp } from './psp-http.js';

export interface SigningCertificatesOptions extends Omit<CertificateRequirements, 'now'> {
  /** The PSP's name for messages. */
  name: string;
  /** The origins from which certificates may be downloaded: `https://api.acme.example`. */
  origins: readonly string[];
  /** A pattern for the path of a certificate URL, without a query. */
  path: RegExp;
  clock: HttpClock;
}

/** A signature of a webhook with the key of a certificate: RSA or ECDSA, with SHA-256. */
export interface CertificateSignature {
  /** The name of the header with the signature, for the error message. */
  header: string;
  /** The signature in base64. */
  signature: string;
  /** The string that the PSP signs. */
  signed: string;
  /** The URL of the certificate, as the webhook contains it. */
  certificateUrl: string;
}

/** The maximum number of certificates that are kept in memory. A PSP uses one or two at a time. */
const MAX_CERTIFICATES = 8;
/**
 * The maximum time in ms for which a certificate is kept. A PSP can replace a certificate before it expires, so the certificate is
 * downloaded again after a day.
 */
const MAX_AGE_MS = 24 * 3_600_000;
/**
 * The rate limit of downloads. A certificate is downloaded before the webhook is verified. Without the limit, an attacker could cause many
 * downloads with invalid webhooks.
 */
const DOWNLOAD_LIMIT = { requests: 10, intervalMs: 60_000 };
const MAX_RESPONSE_BYTES = 256 * 1024;
const TIMEOUT_MS = 5_000;

export class SigningCertificates {
  readonly #verified = new Map<string, VerifiedCertificate>();
  readonly #http: ReadonlyMap<string, PspHttp>;

  constructor(private readonly options: SigningCertificatesOptions) {
    const { name, clock } = options;
    const limits = { rateLimit: DOWNLOAD_LIMIT, maxResponseBytes: MAX_RESPONSE_BYTES, timeoutMs: TIMEOUT_MS };
    this.#http = new Map(
      options.origins.map((baseUrl) => [baseUrl, new PspHttp({ name, baseUrl, clock, ...limits })]),
    );
  }

  /**
   * Returns the public key of a certificate.
   * @throws PspError `rejected` for a URL that is not the PSP's, and for a certificate that is missing or not trusted
   * @throws PspError `unavailable` if the certificate cannot be downloaded now
   */
  async getPublicKey(url: string): Promise<KeyObject> {
    const now = this.options.clock.now();
    const known = this.#verified.get(url);
    if (known !== undefined && now < known.validUntil) return known.publicKey;
    const pem = await this.#download(url);
    const verified = this.#verify(pem, now);
    this.#keep(url, { ...verified, validUntil: Math.min(verified.validUntil, now + MAX_AGE_MS) });
    return verified.publicKey;
  }

  /**
   * Verifies a signature with the public key of a certificate.
   * @throws PspError `rejected` if the signature is not valid
   * @throws PspError in the same cases as `getPublicKey`
   */
  async verifySignature({ header, signature, signed, certificateUrl }: CertificateSignature): Promise<void> {
    const publicKey = await this.getPublicKey(certificateUrl);
    // Node's decoder ignores invalid characters. So the signature must be identical to the output of Node's encoder.
    const bytes = Buffer.from(signature, 'base64');
    const isExact = bytes.toString('base64') === signature;
    if (!isExact || !verify('sha256', Buffer.from(signed), publicKey, bytes))
      throw createWebhookRejection(`${header} is not a signature of this body`);
  }

  async #download(url: string): Promise<string> {
    const { origin = '', pathname = '' } = URL.parse(url) ?? {};
    const http = this.#http.get(origin);
    // A URL with a user, a query or a fragment differs from `origin + pathname`, so it is refused.
    if (http === undefined || url !== origin + pathname || !this.options.path.test(pathname))
      throw new PspError(
        'rejected',
        `${this.options.name}: the URL of the certificate is not one of this PSP`,
      );
    const { clock } = this.options;
    // The timeout includes the time that the request waits for the rate limit.
    const signal = createTimeoutSignal(clock, TIMEOUT_MS);
    const request = {
      method: 'GET',
      path: pathname,
      acceptsText: true,
      authenticated: false,
      signal,
    } as const;
    return (await http.send(request)).getText();
  }

  #verify(pem: string, now: number): VerifiedCertificate {
    try {
      return verifyCertificateChain(pem, { ...this.options, now });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PspError('rejected', `${this.options.name}: the certificate is not trusted: ${reason}`);
    }
  }

  #keep(url: string, certificate: VerifiedCertificate): void {
    const [oldest] = this.#verified.keys();
    if (this.#verified.size >= MAX_CERTIFICATES && oldest !== undefined) this.#verified.delete(oldest);
    this.#verified.set(url, certificate);
  }
}

/**
 * Creates a Nest provider of `SigningCertificates` for the `providers` of a plugin, next to `createHttpProvider`:
 * `createCertificatesProvider(AcmeSettings, ({ url }) => ({ name: 'Acme webhook', origins: [url], … }))`. Each connector gets its own
 * instance.
 */
export function createCertificatesProvider<Settings extends object>(
  settings: Type<Settings>,
  createOptions: (settings: Settings) => Omit<SigningCertificatesOptions, 'clock'>,
): Provider {
  return {
    provide: SigningCertificates,
    inject: [settings, PspHttp],
    useFactory: (values: Settings, { clock }: PspHttp) =>
      new SigningCertificates({ ...createOptions(values), clock }),
  };
}
