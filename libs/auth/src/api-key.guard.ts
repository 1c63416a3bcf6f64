import { Inject, Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { admit } from './admission.js';
import { FailureLimiter } from './failure-limiter.js';
import { KeyRing } from './key-ring.js';

/** Opens the routes of a module for the keys of the `KeyRing` that this module provides. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    @Inject(KeyRing) private readonly ring: KeyRing,
    @Inject(FailureLimiter) private readonly limiter: FailureLimiter,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    admit(this.ring, this.limiter, request.headers.authorization, request.ip);
    return true;
  }
}
