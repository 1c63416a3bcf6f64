/** Types for the files of a run's report. */
import type { RunInputs, RunSummary } from '../runs/run.types.js';

/** A file of a report. Its content is written in pieces, because a report can have a million breaks. */
export interface ReportFile {
  name: string;
  write: () => AsyncIterable<string>;
}

/** Data that all files of a report contain. */
export interface ReportHead {
  id: string;
  sha256: string;
  inputs: RunInputs;
  summary: RunSummary;
}
