/** The part of the package aws4fetch that the plugin uses. */
declare module 'aws4fetch' {
  export class AwsClient {
    constructor(options: { accessKeyId: string; secretAccessKey: string; region: string; service: string });
    /** Returns the request with the headers of AWS Signature Version 4. */
    sign(url: string, init?: RequestInit): Promise<Request>;
  }
}
