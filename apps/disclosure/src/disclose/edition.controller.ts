import { RecordContext, Records } from '@caremesh/product';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';

import { BACKFILL, EDITION, ViewWatch } from '../views/view-watch.js';
import { Discloser } from './discloser.js';
import type { ProductReceived } from './product-record.js';

/** Where batches of secondary editions come in. */
@Controller()
export class EditionController {
  readonly #discloser: Discloser;
  readonly #watch: ViewWatch;

  constructor(discloser: Discloser, watch: ViewWatch) {
    this.#discloser = discloser;
    this.#watch = watch;
  }

  @Records(EDITION)
  async followed(@Payload() records: ProductReceived[], @Ctx() context: RecordContext) {
    const { topic, transaction } = context;
    const isTold = (record: ProductReceived) => this.#watch.isFollowedBy(topic, record);
    await this.#discloser.disclose(transaction, topic, records, isTold);
  }

  @Records(BACKFILL)
  async filled(@Payload() records: ProductReceived[], @Ctx() context: RecordContext) {
    const { subscription, transaction } = context;
    const told = records.filter((record) => this.#watch.isFilledWith(subscription, record));
    await this.#discloser.fill(transaction, ...fillingOf(subscription), told);
  }
}

/** `backfill.<view topic>.<generation>` */
function fillingOf(subscription: string): [topic: string, generation: number] {
  const at = subscription.lastIndexOf('.');
  return [
    subscription.slice(subscription.indexOf('.') + 1, at),
    Number(subscription.slice(at + 1)),
  ];
}
