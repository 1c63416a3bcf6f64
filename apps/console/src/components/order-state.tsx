/** Shows the state of an order as one word. */
import type { OrderState as State } from '../api/operator-api.types';
import { Status, type Tone } from './values';

const TONES: Readonly<Record<State, Tone>> = {
  received: 'neutral',
  waiting: 'neutral',
  sending: 'neutral',
  unknown: 'bad',
  pending: 'neutral',
  succeeded: 'good',
  failed: 'bad',
  returned: 'warning',
};

export function OrderState({ state }: { state: State }) {
  return <Status tone={TONES[state]}>{state}</Status>;
}
