/** Verifies a chain of X.509 certificates, e.g. the chain of the key with which a PSP signs its webhooks. */
import { X509Certificate, type KeyObject } from 'node:crypto';
import { getCACertificates } from 'node:tls';

const CERTIFICATE_PATTERN = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** The maximum number of certificates in a chain. A longer chain is refused, because its verification would take long. */
const MAX_CHAIN_LENGTH = 10;

export interface CertificateRequirements {
  /** A pattern for the common name of the first certificate: `/^webhooks\.acme\.example$/`. */
  commonName: RegExp;
  /**
   * The trusted root certificates in PEM. Default: the certificates that Node.js trusts, including those of the environment variable
   * `NODE_EXTRA_CA_CERTS`.
   */
  trustedRoots?: string | undefined;
  /** The current time in milliseconds since 1970. */
  now: number;
}

export interface VerifiedCertificate {
  /** The public key of the first certificate. */
  publicKey: KeyObject;
  /** The time in milliseconds since 1970 until which all certificates of the chain are valid. */
  validUntil: number;
}

/**
 * Verifies a chain of certificates in PEM format. The first certificate belongs to the signer. The others must connect it to a trusted root.
 * Every certificate of the chain must be valid now.
 * @throws Error with the reason if the chain is not trusted
 */
export function verifyCertificateChain(
  pem: string,
  requirements: CertificateRequirements,
): VerifiedCertificate {
  const chain = parseCertificates(pem);
  const [signer] = chain;
  if (signer === undefined) throw new Error('there is no certificate in PEM');
  if (chain.length > MAX_CHAIN_LENGTH)
    throw new Error(`the chain has more than ${MAX_CHAIN_LENGTH} certificates`);
  const name = /^CN=(.*)$/m.exec(signer.subject)?.[1] ?? '';
  if (!requirements.commonName.test(name))
    throw new Error(`the certificate belongs to ${JSON.stringify(name)}`);
  const roots = parseCertificates(requirements.trustedRoots ?? getCACertificates('default').join('\n'));
  const path = findPathToRoot(signer, chain.slice(1), roots);
  for (const certificate of path) assertIsValidAt(certificate, requirements.now);
  const validUntil = Math.min(...path.map(({ validTo }) => Date.parse(validTo)));
  return { publicKey: signer.publicKey, validUntil };
}

function parseCertificates(pem: string): X509Certificate[] {
  return (pem.match(CERTIFICATE_PATTERN) ?? []).map((text) => new X509Certificate(text));
}

/** Returns the certificates from the signer's certificate to a trusted root. */
function findPathToRoot(
  signer: X509Certificate,
  others: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): X509Certificate[] {
  const path = [signer];
  for (let current = signer; path.length <= MAX_CHAIN_LENGTH;) {
    const root = roots.find((candidate) => isIssuedBy(current, candidate));
    if (root !== undefined) return [...path, root];
    const issuer = others.find((candidate) => !path.includes(candidate) && isIssuedBy(current, candidate));
    if (issuer === undefined) break;
    path.push(issuer);
    current = issuer;
  }
  throw new Error('the chain does not lead to a trusted root certificate');
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return (
    issuer.ca &&
    certificate.issuer === issuer.subject &&
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey)
  );
}

function assertIsValidAt({ subject, validFrom, validTo }: X509Certificate, now: number): void {
  if (now >= Date.parse(validFrom) && now <= Date.parse(validTo)) return;
  throw new Error(
    `the certificate of ${JSON.stringify(subject)} is valid from ${validFrom} to ${validTo} only`,
  );
}
