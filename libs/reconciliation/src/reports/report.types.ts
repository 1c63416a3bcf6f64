/** Types for the files of a run's report. */
import type { RunInputs, RunSummary } from '../runs/run.types.js';

/** A file of a report. The content is written in pieces, because a report of a million breaks would need too much memory as one string. */
export interface ReportFile {
  name: string;
  write: () => AsyncIterable<string>;
}

/** The data of a run that every file of its report contains. */
export interface ReportHead {
  id: string;
  sha256: string;
  inputs: RunInputs;
  summary: RunSummary;
}
