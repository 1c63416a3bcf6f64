/**
 * Writes the report of a run into a directory, with a manifest that contains the SHA-256 of each file. Exporting the same run again gives
 * the same bytes.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ReconciliationRepository, StoredRun } from '@tributary/feed';
import { streamBreaks } from '../runs/stream-breaks.js';
import type { RunInputs, RunSummary } from '../runs/run.types.js';
import { writeCsvReport } from './csv-report.js';
import { writeHtmlReport } from './html-report.js';
import { writeJsonReport } from './json-report.js';
import type { ReportFile, ReportHead } from './report.types.js';

const MANIFEST_NAME = 'manifest.sha256';

/**
 * Writes the files of the report and their manifest.
 * @param directory is created if it does not exist
 * @returns the paths of the files. The command `sha256sum --check manifest.sha256` in this directory verifies the files
 */
export async function exportRun(
  repository: ReconciliationRepository,
  run: StoredRun,
  directory: string,
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const lines: string[] = [];
  const files = listFiles(repository, run);
  for (const file of files)
    lines.push(`${await writeReportFile(file, join(directory, file.name))}  ${file.name}\n`);
  await writeFile(join(directory, MANIFEST_NAME), lines.join(''));
  return [...files.map(({ name }) => name), MANIFEST_NAME].map((name) => join(directory, name));
}

function listFiles(repository: ReconciliationRepository, run: StoredRun): ReportFile[] {
  const head: ReportHead = {
    ...{ id: run.id, sha256: run.sha256 },
    inputs: JSON.parse(run.inputs) as RunInputs,
    summary: JSON.parse(run.summary) as RunSummary,
  };
  const breaks = () => streamBreaks(repository, run.id);
  return [
    { name: 'report.json', write: () => writeJsonReport(head, breaks()) },
    { name: 'breaks.csv', write: () => writeCsvReport(breaks()) },
    { name: 'report.html', write: () => writeHtmlReport(head, breaks()) },
  ];
}

/**
 * Writes a file of the report.
 * @returns the SHA-256 of the file, in hexadecimal digits
 */
async function writeReportFile({ write }: ReportFile, path: string): Promise<string> {
  const hash = createHash('sha256');
  const stream = createWriteStream(path);
  for await (const text of write()) {
    hash.update(text);
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
  return hash.digest('hex');
}

/**
 * Compares the files of an exported report with the files that result from the stored run.
 * @returns the first difference, or `undefined`
 */
export async function verifyExport(
  repository: ReconciliationRepository,
  run: StoredRun,
  directory: string,
): Promise<string | undefined> {
  const lines: string[] = [];
  for (const { name, write } of listFiles(repository, run)) {
    const expected = createHash('sha256');
    for await (const text of write()) expected.update(text);
    const digest = expected.digest('hex');
    lines.push(`${digest}  ${name}\n`);
    if ((await hashFile(join(directory, name))) !== digest)
      return `${join(directory, name)} is not the report of ${run.id}: it was changed, or belongs to another run`;
  }
  const manifest = createHash('sha256').update(lines.join('')).digest('hex');
  return (await hashFile(join(directory, MANIFEST_NAME))) === manifest
    ? undefined
    : `${join(directory, MANIFEST_NAME)} was changed`;
}

async function hashFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}
