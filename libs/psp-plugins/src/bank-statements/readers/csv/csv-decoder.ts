/** Decodes the bytes of a CSV file in the declared encoding. Bytes that do not belong to the encoding are an error. */
import { TextDecoder } from 'node:util';
import { StatementError } from '../../statements/statement.types.js';
import { decodeCodePage, isCodePage } from '../code-pages.js';
import type { CsvEncoding } from './csv-mapping.types.js';

export class CsvDecoder {
  private readonly decoder: TextDecoder | undefined;
  private lineBreakCount = 0;

  constructor(private readonly encoding: CsvEncoding) {
    if (!isCodePage(encoding) && encoding !== 'latin1')
      this.decoder = new TextDecoder(encoding, { fatal: true });
  }

  /**
   * Decodes the next bytes. A byte order mark at the beginning is removed.
   * @param bytes the next bytes; a call without an argument ends the file
   * @throws StatementError if the bytes do not belong to the encoding
   */
  decode(bytes?: Uint8Array): string {
    const text = this.decoder ? this.decodeStrictly(this.decoder, bytes) : this.decodeBytes(bytes);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.lineBreakCount++;
    return text;
  }

  private decodeStrictly(decoder: TextDecoder, bytes: Uint8Array | undefined): string {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new StatementError(
        `after line ${this.lineBreakCount}, the file has bytes that are not ${this.encoding}; correct \`encoding\` in the CSV mapping, e.g. to windows-1252`,
      );
    }
  }

  private decodeBytes(bytes: Uint8Array | undefined): string {
    if (bytes === undefined) return '';
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    return isCodePage(this.encoding) ? decodeCodePage(text, this.encoding) : text;
  }
}
