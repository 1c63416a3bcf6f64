/** Writes the report as JSON: the run, its inputs, its summary, and all breaks. */
import type { StoredBreak } from '@tributary/feed';
import type { ReportHead } from './report.types.js';

export async function* writeJsonReport(
  { id, sha256, inputs, summary }: ReportHead,
  breaks: AsyncIterable<StoredBreak>,
): AsyncGenerator<string> {
  yield `{"id":${JSON.stringify(id)},"sha256":${JSON.stringify(sha256)},"inputs":${JSON.stringify(inputs)},`;
  yield `"summary":${JSON.stringify(summary)},"breaks":[`;
  let separator = '\n';
  for await (const { body } of breaks) {
    yield `${separator}${body}`;
    separator = ',\n';
  }
  yield ']}\n';
}
