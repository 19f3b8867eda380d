import { Allow, body, CallerOf, Documented, problem } from '@caremesh/platform';
import type { Caller, LedgerWriter } from '@caremesh/platform';
import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';

import { Aggregates } from '../aggregates/aggregates.js';
import { questionBody } from '../aggregates/question.js';
import type { Question } from '../aggregates/question.js';
import { outputPortErrors } from '../errors.js';
import type { Governance } from '../governance/governance.js';
import { Filled } from '../live/filled.js';
import { Ports } from '../live/ports.js';
import { CONTRACTS, LEDGER } from '../tokens.js';
import { Uses } from '../use/uses.js';
import { Holders } from './holders.js';

/** Counts, rates and means of a grant's views, as they may be told. */
@Controller('v1/grants/:id/aggregates')
export class AggregateController {
  constructor(
    private readonly holders: Holders,
    private readonly ports: Ports,
    private readonly aggregates: Aggregates,
    private readonly uses: Uses,
    private readonly filled: Filled,
    @Inject(CONTRACTS) private readonly contracts: Pick<Governance, 'contractOf'>,
    @Inject(LEDGER) private readonly ledger: LedgerWriter,
  ) {}

  @Documented({
    summary: 'Ask for counts, rates or means of a view, as they may be told',
    body: questionBody,
  })
  @Post()
  @HttpCode(200)
  @Allow('kind:user', 'kind:grant')
  async ask(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
    @Body(body(questionBody)) question: Question,
  ) {
    const grant = await this.holders.holding({ caller, authorization }, id);
    const views = await this.ports.views(id);
    if (views.length === 0) throw problem(outputPortErrors.portNotOpen, id);
    const view = views.find(({ product }) => product === question.product);
    if (view === undefined) throw problem(outputPortErrors.productNotInPort, question.product);
    if (!(await this.filled.hasBeen(view)))
      throw problem(outputPortErrors.tableFilling, view.topic);
    const contract = await this.contracts.contractOf(view.product, view.major);
    const asker = { grantId: id, organisation: grant.organisation };
    const answer = await this.aggregates.answer(asker, view, contract, question);
    await this.ledger({
      action: 'aggregate.answered',
      object: `grant:${id}`,
      detail: {
        ...{ by: caller.sub, answer: answer.id, product: view.product, rules: answer.rules.name },
        ...{ cells: answer.cells.length, suppressed: answer.cells.filter(isSuppressed).length },
      },
    });
    await this.uses.answered(view);
    return answer;
  }
}

const isSuppressed = ({ suppressed }: { suppressed: string | null }) => suppressed !== null;
