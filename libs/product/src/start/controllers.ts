import { Readable } from 'node:stream';

import { holdsNhsNumber } from '@caremesh/contract';
import {
  Allow,
  body,
  CallerOf,
  Documented,
  platformErrors,
  Problem,
  problem,
} from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

import type { AnySource } from '../define/domain.js';
import { FAULTS, IntakeRefused, ProductError } from '../errors.js';
import type { Fault } from '../errors.js';
import { Ledger } from '../quarantine/ledger.js';
import { QUARANTINE_STATES } from '../quarantine/lifecycle.js';
import { DomainService } from './domain-service.js';

/** Runs a handler and turns the library's faults into problems. */
async function answering<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asProblem(error);
  }
}

/** A fault of this library as the platform shows and logs one; anything else stays what it is. */
export function asProblem(error: unknown): unknown {
  if (error instanceof ProductError) return problem(FAULTS[error.fault], error.detail);
  if (error instanceof IntakeRefused) return refusalOf(error.fault);
  return error;
}

function refusalOf(reason: Fault): Problem {
  const row = Object.values(FAULTS).find(({ code }) => code === reason.code)!;
  // Nothing could be read, whatever the fault's own status is when it concerns one item.
  const status = [413, 415].includes(row.status) ? row.status : 400;
  return problem({ ...row, status }, reason.message, [reason]);
}

/** Publishers work in their own domain only; to everybody else its objects do not exist. */
function assertTeam(caller: Caller, service: DomainService): void {
  if (caller.team !== service.name) {
    throw problem(platformErrors.notAllowed, `This is for the team of ${service.name}`);
  }
}
@Allow('publisher')
@Controller('v1')
export class IntakeController {
  constructor(@Inject(DomainService) private readonly service: DomainService) {}

  /** Takes a submission in: 200 when all of it is durable, 202 when it is stored and worked through later. */
  @Documented({
    summary: 'Take a submission in',
    takes: {
      types: ['*/*'],
      description: 'A file as it is, in a content type of the source: `GET /v1/status` names both.',
    },
    headers: {
      'idempotency-key': 'The same again is not taken in twice, and is answered as it was.',
    },
    also: { 202: 'Larger than 5 MB: stored, and worked through later. The receipt alone' },
  })
  @Post('intake/:source')
  @RouteConfig({ anyText: true })
  @HttpCode(200)
  async take(
    @Param('source') name: string,
    @Headers() headers: Record<string, string | undefined>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @CallerOf() caller: Caller,
  ) {
    return answering(async () => {
      assertTeam(caller, this.service);
      const source = this.service.source(name);
      const received = await this.service.running(source).intake.take(source, {
        contentType: headers['content-type'],
        contentEncoding: headers['content-encoding'],
        idempotencyKey: headers['idempotency-key'],
        traceparent: headers['traceparent'],
        body: bodyOf(request),
      });
      reply.status(received.status);
      return received.status === 200 ? received.answer : { receipt: received.receipt };
    });
  }

  /** What became of a submission so far: 202 while it is worked through, 200 when it has been. */
  @Documented({
    summary: 'What became of a submission so far',
    also: { 202: 'It is still worked through' },
  })
  @Get('receipts/:receipt')
  async receipt(
    @Param('receipt') receipt: string,
    @Res({ passthrough: true }) reply: FastifyReply,
    @CallerOf() caller: Caller,
  ) {
    return answering(async () => {
      assertTeam(caller, this.service);
      const submission = await this.service.submissions.byReceipt(receipt);
      if (!submission) throw new ProductError('receiptUnknown');
      reply.status(submission.state === 'waiting' ? 202 : 200);
      return { ...submission.answer, state: submission.state };
    });
  }
}

/** Bodies reach the intake as streams; one that another parser has read already is turned back. */
function bodyOf(request: FastifyRequest): AsyncIterable<Buffer> {
  const { body: parsed } = request;
  if (parsed instanceof Readable) return parsed;
  if (parsed === undefined || parsed === null) return Readable.from([]);
  return Readable.from([Buffer.from(typeof parsed === 'string' ? parsed : JSON.stringify(parsed))]);
}

const listing = z.object({
  cause: z.string().optional(),
  publisher: z.string().optional(),
  state: z.enum(QUARANTINE_STATES).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  cursor: z.string().optional(),
  /** What `cursor` was called here, and nowhere else. */
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
});
const revealing = z.object({ reveal: z.string().optional(), reason: z.string().optional() });
const replay = z.strictObject({
  ids: z.array(z.string()).min(1).max(1_000).optional(),
  cause: z.string().optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});
const discard = z.strictObject({
  ids: z.array(z.string()).min(1).max(1_000),
  reason: z.string(),
});

@Allow('publisher', 'owner')
@Controller('v1/quarantine')
export class QuarantineController {
  constructor(
    @Inject(DomainService) private readonly service: DomainService,
    @Inject(Ledger) private readonly ledger: Ledger,
  ) {}

  @Documented({ summary: 'Refused items, oldest first; never their payloads', query: listing })
  @Get()
  async list(
    @Query(body(listing)) { cursor, after = cursor, ...query }: z.infer<typeof listing>,
    @CallerOf() caller: Caller,
  ) {
    return answering(() => {
      assertTeam(caller, this.service);
      return this.service.quarantine.list({ ...query, after });
    });
  }

  /** One item; with `reveal` and a reason its payload too, once the ledger has it who saw it. */
  @Documented({
    summary: 'One refused item; revealed for a reason, its payload too',
    query: revealing,
    headers: { 'x-reason': 'Why it is revealed, if the query does not say.' },
  })
  @Get(':id')
  @Header('cache-control', 'no-store')
  async show(
    @Param('id') id: string,
    @Query() query: z.infer<typeof revealing>,
    @Headers('x-reason') given: string | undefined,
    @CallerOf() caller: Caller,
  ) {
    return answering(async () => {
      assertTeam(caller, this.service);
      const item = await this.service.quarantine.get(id);
      if (query.reveal === undefined || query.reveal === 'false') return item;
      if (!caller.roles.includes('publisher'))
        throw problem(platformErrors.notAllowed, 'publisher');
      const reason = (query.reason ?? given ?? '').trim();
      if (reason === '') throw new ProductError('reasonMissing');
      if (holdsNhsNumber(reason)) throw new ProductError('reasonIdentifies');
      const payload = await this.service.quarantine.payload(id);
      await this.ledger.write('quarantine.revealed', `${this.service.name}/quarantine/${id}`, {
        by: caller.sub,
        reason,
        sha256: item.sha256,
      });
      return {
        ...item,
        payload: payload.toString('utf8'),
        payloadBase64: payload.toString('base64'),
      };
    });
  }

  /** Takes items in again. Those that stand for a file are refused where they are named, else left out and counted. */
  @Documented({ summary: 'Take open items in again', body: replay })
  @Allow('publisher')
  @Post('replays')
  @HttpCode(200)
  async replay(@Body(body(replay)) wanted: z.infer<typeof replay>, @CallerOf() caller: Caller) {
    return answering(async () => {
      assertTeam(caller, this.service);
      if (Object.values(wanted).every((value) => value === undefined))
        throw new ProductError('replayEmpty');
      const standIns = await this.service.quarantine.standIns(wanted);
      if (wanted.ids && standIns.length > 0)
        throw new ProductError('replayOfFile', standIns.join(', '));
      const named = await Promise.all(
        [...new Set(wanted.ids)].map((id) => this.service.quarantine.get(id)),
      );
      const settled = named.filter(({ state }) => state !== 'open').length;
      const total = { replayed: 0, published: 0, refused: 0 };
      let held = 0;
      for (const source of this.#sourcesOf(named)) {
        const result = await this.service.running(source).replayer.replay(source.name, wanted);
        for (const name of ['replayed', 'published', 'refused'] as const)
          total[name] += result[name];
        held += result.held ?? 0;
      }
      return {
        ...total,
        ...(held > 0 && { held }),
        ...(settled > 0 && { settled }),
        ...(standIns.length > 0 && { leftOut: standIns.length }),
      };
    });
  }

  /** Sources that take in, and those of items that are named: one whose product waits, or is retired, holds up no other. */
  #sourcesOf(named: readonly { source: string }[]): AnySource[] {
    const { sources } = this.service.parts.domain;
    const open = sources.filter((one) => this.service.isOpen(one));
    const asked = sources.filter(({ name }) => named.some(({ source }) => source === name));
    return open.length === 0 ? sources : [...new Set([...open, ...asked])];
  }

  /** Puts open items away that will never be published, once the ledger has it who did and why. */
  @Documented({ summary: 'Put open items away that will never be published', body: discard })
  @Allow('publisher')
  @Post('discards')
  @HttpCode(200)
  async discard(
    @Body(body(discard)) wanted: z.infer<typeof discard>,
    @CallerOf() caller: Caller,
  ): Promise<{ discarded: number }> {
    return answering(async () => {
      assertTeam(caller, this.service);
      const reason = wanted.reason.trim();
      if (reason === '') throw new ProductError('reasonMissing');
      if (holdsNhsNumber(reason)) throw new ProductError('reasonIdentifies');
      const { quarantine, name } = this.service;
      const items = await Promise.all([...new Set(wanted.ids)].map((id) => quarantine.get(id)));
      const settled = items.find(({ state }) => state !== 'open');
      if (settled) throw new ProductError('quarantineSettled', settled.id);
      for (const { id, sha256 } of items) {
        const isMine = await quarantine.discard(id, () =>
          this.ledger.write('quarantine.discarded', `${name}/quarantine/${id}`, {
            by: caller.sub,
            reason,
            sha256,
          }),
        );
        if (!isMine) throw new ProductError('quarantineSettled', id);
      }
      return { discarded: items.length };
    });
  }
}

@Allow('*')
@Controller('v1/status')
export class StatusController {
  constructor(@Inject(DomainService) private readonly service: DomainService) {}

  /** What this domain publishes, and whether it may. */
  @Documented({ summary: 'What this domain publishes and takes in, and whether it may' })
  @Get()
  status() {
    const { domain } = this.service.parts;
    return {
      name: domain.name,
      organisation: domain.organisation,
      ready: this.service.approved,
      products: this.service.products(),
      subscriptions: this.service.consuming.status(),
      sources: domain.sources.map(({ name, method, contentTypes }) => ({
        name,
        method,
        contentTypes,
      })),
    };
  }
}
