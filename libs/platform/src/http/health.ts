import { Controller, Get, Injectable, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { Documented } from '../openapi/documented.js';
import { Open } from './permission.js';

/**
 * Whether this process can do its work. It is not ready until it listens; from then on it is, unless
 * a part of it has said what it waits for.
 */
@Injectable()
export class Health {
  #listening = false;
  #waitingFor: string | undefined;

  /** Nothing is waited for any more. */
  setReady(): void {
    this.#waitingFor = undefined;
  }

  /** `reason` in a word or two, shown to whoever asks: `approval`, `database`. */
  setNotReady(reason: string): void {
    this.#waitingFor = reason;
  }

  /** Called once the server takes connections. */
  setListening(): void {
    this.#listening = true;
  }

  get ready(): boolean {
    return this.#listening && this.#waitingFor === undefined;
  }

  get waitingFor(): string | undefined {
    return this.#waitingFor ?? (this.#listening ? undefined : 'start');
  }
}

/** `/health/live`: the process answers. `/health/ready`: it can do its work. Open to anybody. */
@Open()
@Controller('health')
export class HealthController {
  readonly #health: Health;

  constructor(health: Health) {
    this.#health = health;
  }

  @Documented({ summary: 'The process answers' })
  @Get('live')
  live() {
    return { status: 'live' };
  }

  @Documented({
    summary: 'It can do its work, or what it waits for',
    also: { 503: 'Not yet: `waitingFor` says for what' },
  })
  @Get('ready')
  ready(@Res({ passthrough: true }) reply: FastifyReply) {
    if (this.#health.ready) return { status: 'ready' };
    reply.status(503);
    return { status: 'waiting', waitingFor: this.#health.waitingFor };
  }
}
