/** What Nest keeps of loading, once everything is loaded. */
import { ModulesContainer } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * Each provider and controller keeps who waited for it, and for whom it waited: 400 bytes that nobody reads again, an eighth of what an
 * idle connector needs (docs/scaling.md).
 */
export function forgetLoading(app: NestFastifyApplication): void {
  for (const { providers, controllers } of app.get(ModulesContainer).values()) {
    for (const wrapper of [...providers.values(), ...controllers.values()]) {
      const loaded = wrapper.getInstanceByContextId(STATIC_CONTEXT);
      if (loaded.isResolved !== true) continue;
      Object.assign(wrapper, { settlementSignal: undefined });
      Object.assign(loaded, { settlementSignal: undefined, donePromise: undefined });
    }
  }
}
