import { Inject, Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';

/** The guard of whoever mounts the contract, injected under this token: without one, nothing can be mounted. */
export const ADMISSION = Symbol('ADMISSION');

/** Asks the mounting module's own guard, so that the controllers need not know how callers prove who they are. */
@Injectable()
export class AdmissionGuard implements CanActivate {
  constructor(@Inject(ADMISSION) private readonly admission: CanActivate) {}

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.admission.canActivate(context);
  }
}
