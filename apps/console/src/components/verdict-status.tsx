/** Shows the verdict (the result) of a reconciliation run or of one of its legs, and the state of a break. */
import type { BreakState, LegVerdict } from '../api/operator-api.types';
import { Status, type Tone } from './values';

const VERDICT_TONES: Readonly<Record<LegVerdict, Tone>> = {
  reconciled: 'good',
  pending: 'neutral',
  breaks: 'bad',
  incomplete: 'warning',
  'not-checked': 'neutral',
  'not-configured': 'neutral',
};

export function VerdictStatus({ verdict }: { verdict: LegVerdict }) {
  return <Status tone={VERDICT_TONES[verdict]}>{verdict}</Status>;
}

const BREAK_TONES: Readonly<Record<BreakState, Tone>> = { open: 'bad', pending: 'neutral', accepted: 'good' };

export function BreakStatus({ state }: { state: BreakState }) {
  return <Status tone={BREAK_TONES[state]}>{state}</Status>;
}
