/** The report of a run, as it is written to files. */
import type { RunInputs, RunSummary } from '../runs/run.types.js';

/** A file of a report. Its content is written in pieces, because a report can have a million breaks. */
export interface ReportFile {
  name: string;
  write: () => AsyncIterable<string>;
}

/** What all files of a report have in common. */
export interface ReportHead {
  id: string;
  sha256: string;
  inputs: RunInputs;
  summary: RunSummary;
}
