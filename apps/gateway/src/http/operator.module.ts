/** What belongs to the operator of the gateway, and to no connector. */
import { ContractError } from '@tributary/connector-api/contract';
import { Controller, Get, Header, HttpStatus, Inject, Module, Res } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';

/** What the gateway knows of itself. */
export interface Condition {
  /** Whether it is about to stop. */
  isDraining(): boolean;
  /** Returns when the store answers. @throws UnavailableError */
  storeAnswers(): Promise<void>;
}
const CONDITION = Symbol('CONDITION');

const OK = Buffer.from('{"status":"ok"}');

@Controller()
export class HealthController {
  constructor(@Inject(CONDITION) private readonly condition: Condition) {}

  /** For load balancers: 200 while requests are welcome, 503 from the moment the gateway stops. */
  @Get('healthz')
  @RouteConfig({ door: 'open' })
  @Header('content-type', 'application/json')
  health(): Buffer {
    if (this.condition.isDraining()) {
      throw new ContractError(HttpStatus.SERVICE_UNAVAILABLE, 'Stopping', 'The gateway is about to stop.');
    }
    return OK;
  }

  /** For rolling restarts: 200 when the gateway could answer everything, its store included. */
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
