import { Allow, CallerOf, body, problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { reasonBody } from '../decisions/shapes.js';
import type { ReasonBody } from '../decisions/shapes.js';
import { majorErrors } from '../errors.js';
import { Documented } from '../http/documented.js';
import { Majors } from './majors.js';
import { deprecateBody, parityBody, stepDecisionBody } from './shapes.js';
import type { DeprecateBody, ParityBody, StepDecisionBody } from './shapes.js';

/** A major of the path; what is no number, or one that no product ever has, is one that the product has not. */
const MAJOR = {
  transform(given: string): number {
    if (/^\d{1,4}$/.test(given)) return Number(given);
    throw problem(majorErrors.majorNotFound);
  },
};

/** Majors side by side: notice, retirement, and how two of them compare. */
@Controller('v1/products/:id')
export class MajorsController {
  constructor(private readonly majors: Majors) {}

  @Documented({ summary: 'A major with its consumers, when each last read, and the steps taken' })
  @Allow('governance-lead', 'ig-lead', 'auditor', 'administrator', 'owner', 'publisher')
  @Get('majors/:major')
  show(@CallerOf() caller: Caller, @Param('id') id: string, @Param('major', MAJOR) major: number) {
    return this.majors.show(caller, id, major);
  }

  @Documented({ summary: 'Ask for a major to be deprecated', body: deprecateBody, status: 201 })
  @Allow('kind:user')
  @Post('majors/:major/deprecate')
  deprecate(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Param('major', MAJOR) major: number,
    @Body(body(deprecateBody)) given: DeprecateBody,
  ) {
    return this.majors.deprecate(caller, id, major, given);
  }

  @Documented({
    summary: 'Ask for a deprecated major to be retired',
    body: reasonBody,
    status: 201,
  })
  @Allow('kind:user')
  @Post('majors/:major/retire')
  retire(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Param('major', MAJOR) major: number,
    @Body(body(reasonBody)) given: ReasonBody,
  ) {
    return this.majors.retire(caller, id, major, given.reason);
  }

  @Documented({ summary: 'Decide the step that waits', body: stepDecisionBody })
  @Allow('kind:user')
  @Post('majors/:major/decisions')
  @HttpCode(200)
  decide(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Param('major', MAJOR) major: number,
    @Body(body(stepDecisionBody)) given: StepDecisionBody,
  ) {
    return this.majors.decide(caller, id, major, given);
  }

  @Documented({ summary: 'How the majors of a product compare, as their publisher counted' })
  @Allow('*')
  @Get('parity')
  parity(@Param('id') id: string) {
    return this.majors.parity(id);
  }

  @Documented({ summary: 'The publishing domain reports a comparison', body: parityBody })
  @Allow('kind:domain')
  @Post('parity')
  @HttpCode(200)
  report(
    @CallerOf() caller: Caller,
    @Param('id') id: string,
    @Body(body(parityBody)) given: ParityBody,
  ) {
    return this.majors.report(caller, id, given);
  }
}
