import type { Psp } from '@tributary/connector-api';

/** A capability is a method: some plugins have it with some settings only. */
export function pays(psp: Psp): boolean {
  return psp.createPayout !== undefined || psp.createTransfer !== undefined;
}
