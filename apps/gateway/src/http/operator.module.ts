/** Nest module with the health and metrics routes, which belong to no connector. */
import { ContractError } from '@tributary/connector-api/contract';
import { Controller, Get, Header, HttpStatus, Inject, Module, Res } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';

/** Health of the gateway, as the health routes report it. */
export interface Condition {
  /** Returns true if the gateway is shutting down. */
  isDraining(): boolean;
  /**
   * Returns when the store has responded.
   * @throws UnavailableError if the store cannot be reached
   */
  storeAnswers(): Promise<void>;
}
const CONDITION = Symbol('CONDITION');

const OK = Buffer.from('{"status":"ok"}');

@Controller()
export class HealthController {
  constructor(@Inject(CONDITION) private readonly condition: Condition) {}

  /** Health check for load balancers: 200 while the gateway runs, 503 while it shuts down. */
  @Get('healthz')
  @RouteConfig({ door: 'open' })
  @Header('content-type', 'application/json')
  health(): Buffer {
    if (this.condition.isDraining()) {
      throw new ContractError(HttpStatus.SERVICE_UNAVAILABLE, 'Stopping', 'The gateway is about to stop.');
    }
    return OK;
  }

  /** Readiness check for rolling restarts: 200 if the gateway runs and its store responds. */
  @Get('readyz')
  @RouteConfig({ door: 'open' })
  @Header('content-type', 'application/json')
  async ready(): Promise<Buffer> {
    const answer = this.health();
    await this.condition.storeAnswers();
    return answer;
  }
}

@Controller()
export class MetricsController {
  constructor(@Inject(Registry) private readonly registry: Registry) {}

  @Get('metrics')
  @RouteConfig({ door: 'operator' })
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', this.registry.contentType).send(await this.registry.metrics());
  }
}

@Module({})
export class OperatorModule {
  static with(registry: Registry, condition: Condition): DynamicModule {
    return {
      module: OperatorModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Registry, useValue: registry },
        { provide: CONDITION, useValue: condition },
      ],
    };
  }
}
