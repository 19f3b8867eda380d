import { momentBefore, names } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { holds, isIndependentOf, isOwnerOf, isPublisherOf } from '../authority/authority.js';
import type { Person } from '../authority/authority.js';
import { Covers } from '../cover/covers.js';
import { newId } from '../database/ids.js';
import { Store, turn, upsert } from '../database/store.js';
import { governanceErrors, majorErrors } from '../errors.js';
import { Outbox } from '../events/outbox.js';
import { GrantEntity } from '../grants/grant.entity.js';
import { GrantLifecycle } from '../grants/lifecycle.service.js';
import { Ledger } from '../ledger/ledger.js';
import { assertKnown } from '../products/known.js';
import { ProductMajorEntity } from '../products/product.entity.js';
import { LIVE, moveOf } from '../proposals/lifecycle.js';
import type { ProposalEvent } from '../proposals/lifecycle.js';
import { Lifecycle } from '../proposals/lifecycle.service.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { In } from 'typeorm';
import { Consumers } from './consumers.js';
import { MajorEnding } from './ending.js';
import { majorMoveOf, STEP_MOVES } from './lifecycle.js';
import type { MajorStep } from './lifecycle.js';
import { MajorParityEntity, MajorStepEntity } from './major.entity.js';
import { mayTake, noticeSentence } from './rules.js';
import type { MajorConsumer, Moment } from './rules.js';
import { endOfNotice } from './shapes.js';
import type { DeprecateBody, ParityBody, StepDecisionBody } from './shapes.js';

const HOUR_MS = 3_600_000;
const DECIDER = 'governance-lead';
/** Who sees the consumers of every product; a domain's people see those of its own. */
const SEES_CONSUMERS = [DECIDER, 'ig-lead', 'auditor', 'administrator'];

type By = { actor: string; role: string; reason: string };

/** The end of a major's life: announced, with notice and by name, then retired once nobody reads it any more. */
@Injectable()
export class Majors {
  constructor(
    private readonly store: Store,
    private readonly consumers: Consumers,
    private readonly versions: Lifecycle,
    private readonly grants: GrantLifecycle,
    private readonly ledger: Ledger,
    private readonly outbox: Outbox,
    private readonly ending: MajorEnding,
    private readonly covers: Covers,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * A major with its consumers, steps and newest parity reports. Who reads it is between its domain, those who guard the data
   * and each recipient: to others it is said how many there are. Throws MESH-3050.
   */
  async show(caller: Caller, product: string, major: number) {
    const em = this.store.reader;
    const held = await majorOf(em, product, major);
    const all = await this.consumers.of(em, product, major);
    const person = await this.covers.standingIn(caller);
    const consumers = all.filter((one) => isNamedTo(person, product, one));
    const where = { product, major };
    const steps = await em.find(MajorStepEntity, { where, order: { proposedAt: 'ASC' } });
    const reports = await em.findBy(MajorParityEntity, { product });
    return {
      product,
      major,
      topic: held.topic,
      status: held.status,
      noticeUntil: held.noticeUntil?.toISOString() ?? null,
      ending: showEnding(held),
      steps: steps.map(showStep),
      consumers,
      others: all.length - consumers.length,
      parity: reports.filter(({ from, to }) => from === major || to === major).map(showParity),
    };
  }

  /** The owner asks for a deprecation. Throws MESH-3050, 3051, 3052, 3053, 3057. */
  deprecate(caller: Caller, product: string, major: number, given: DeprecateBody) {
    const noticeUntil = endOfNotice(given.noticeUntil);
    if (noticeUntil <= new Date()) throw problem(majorErrors.noticePast);
    return this.#propose(caller, product, major, 'deprecate', given.reason, noticeUntil);
  }

  /** The owner asks to retire a deprecated major. Throws as `deprecate`, and MESH-3054, 3055. */
  retire(caller: Caller, product: string, major: number, reason: string) {
    return this.#propose(caller, product, major, 'retire', reason, null);
  }

  /** A governance lead, or who stands in for one, decides the step that waits. Throws MESH-3010, 3006, 3050, 3052 and 3054 to 3056. */
  async decide(caller: Caller, product: string, major: number, given: StepDecisionBody) {
    refuseUnless(await this.covers.standingIn(caller));
    await this.store.transaction(async (em) => {
      await turn(em, `product:${product}`);
      const held = await majorOf(em, product, major);
      const step = await openStep(em, product, major, given.step);
      const author = { sub: step.proposedBy, team: step.team };
      if (!isIndependentOf(caller, [author])) throw problem(governanceErrors.ownProposal);
      refuseUnless(await this.covers.standingInFor(em, caller, [author]));
      const state = STEP_MOVES[step.state][given.decision];
      if (!state) throw problem(majorErrors.noStep);
      const decided = { state, decidedBy: caller.sub, decidedAt: new Date(), words: given.reason };
      await em.update(MajorStepEntity, { id: step.id }, decided);
      const by = { actor: caller.sub, role: DECIDER, reason: given.reason };
      const verb = state === 'approved' ? 'approved' : 'refused';
      await this.#record(em, `major.${step.step}-${verb}`, step, by);
      if (state === 'approved') await this.#take(em, held, step, by);
    });
    this.ending.wake();
    return this.show(caller, product, major);
  }

  /** The publishing domain reports how two majors compare. Throws MESH-3050, 3059. */
  async report(caller: Caller, product: string, { from, to, countedAt, ...counts }: ParityBody) {
    const { domain } = parsed(product);
    if (caller.kind !== 'domain' || caller.name !== domain) throw problem(majorErrors.notPublisher);
    const em = this.store.reader;
    for (const major of [from, to]) await majorOf(em, product, major);
    const row = { product, from, to, countedAt: new Date(countedAt), counts };
    await upsert(em, MajorParityEntity, row, ['product', 'from', 'to']);
    return showParity(row);
  }

  /** Every comparison of the product's majors. Throws MESH-3011. */
  async parity(product: string) {
    await assertKnown(this.store.reader, product);
    const order = { from: 'ASC', to: 'ASC' } as const;
    const rows = await this.store.reader.find(MajorParityEntity, { where: { product }, order });
    return { items: rows.map(showParity), next: null };
  }

  async #propose(
    caller: Caller,
    product: string,
    major: number,
    step: MajorStep,
    reason: string,
    noticeUntil: Date | null,
  ) {
    const { domain } = parsed(product);
    if (!isOwnerOf(caller, domain)) throw problem(majorErrors.ownerOnly);
    await this.store.transaction(async (em) => {
      await turn(em, `product:${product}`);
      const held = await majorOf(em, product, major);
      mayTake(step, await this.#momentOf(em, held));
      const where = { product, major, state: 'proposed' } as const;
      if (await em.existsBy(MajorStepEntity, where)) throw problem(majorErrors.stepOpen);
      // What is asked for a domain is its team's, also where the owner's token names none.
      const { sub: proposedBy, team: named } = caller;
      const team = named ?? domain;
      const made = { ...where, id: newId(), step, reason, noticeUntil, proposedBy, team };
      await em.insert(MajorStepEntity, { ...made, proposedAt: new Date() });
      const by = { actor: caller.sub, role: `${domain}-owner`, reason };
      await this.#record(em, `major.${step}-proposed`, { ...made, product, major }, by);
    });
    return this.show(caller, product, major);
  }

  async #momentOf(em: EntityManager, held: ProductMajorEntity): Promise<Moment> {
    return {
      status: held.status,
      noticeUntil: held.noticeUntil,
      consumers: await this.consumers.of(em, held.product, held.major),
      now: new Date(),
      windowMs: this.settings.readWindowHours * HOUR_MS,
    };
  }

  // What was found when the step was proposed may have changed since: the rules are asked again.
  async #take(em: EntityManager, held: ProductMajorEntity, step: MajorStepEntity, by: By) {
    const moment = await this.#momentOf(em, held);
    mayTake(step.step, moment);
    const { product, major } = held;
    const status = majorMoveOf(held.status, step.step)!;
    const noticeUntil = step.noticeUntil ?? held.noticeUntil;
    const ends = status === 'retired' ? await this.#endOf(em, held, moment.now) : {};
    await em.update(ProductMajorEntity, { product, major }, { status, noticeUntil, ...ends });
    await this.#moveVersions(em, product, major, step.step, by);
    const newest = await em.maximum(ProductMajorEntity, 'major', { product });
    const sentence =
      step.step === 'deprecate'
        ? noticeSentence(product, major, newest ?? major, step.noticeUntil!, step.reason)
        : `${product} major ${major} is retired: nothing is published to it, and nobody reads it, any more. ${step.reason}`;
    for (const { grant: id } of moment.consumers) await this.#tell(em, id, step, sentence, by);
  }

  // No longer than any record was promised to be kept.
  async #endOf(em: EntityManager, { latestHash }: ProductMajorEntity, retiredAt: Date) {
    const { contract } = await em.findOneByOrFail(VersionContentEntity, {
      contentHash: latestHash,
    });
    const { records } = contract.retention;
    const longest = retiredAt.getTime() - momentBefore(retiredAt, records).getTime();
    const keptMs = Math.min(this.settings.retiredTopicHours * HOUR_MS, longest);
    return { retiredAt, topicUntil: new Date(retiredAt.getTime() + keptMs) };
  }

  async #moveVersions(em: EntityManager, product: string, major: number, step: MajorStep, by: By) {
    const versions = await em.find(ProposalEntity, {
      where: { product, major, state: In([...LIVE]) },
      lock: { mode: 'pessimistic_write' },
    });
    const events: ProposalEvent[] = step === 'deprecate' ? ['deprecate'] : ['deprecate', 'retire'];
    const detail = { reason: by.reason };
    for (const version of versions) {
      for (const event of events.filter((one) => moveOf(version.state, one) !== null)) {
        await this.versions.move(em, version, event, { ...by, detail });
      }
    }
  }

  /** In words, with the date: on the grant's timeline, where its requester reads it, and as an event. */
  async #tell(em: EntityManager, id: string, step: MajorStepEntity, sentence: string, by: By) {
    const grant = await em.findOneByOrFail(GrantEntity, { id });
    const { product, major, noticeUntil } = step;
    const action = step.step === 'deprecate' ? 'grant.notice-given' : 'grant.major-retired';
    await this.grants.note(em, grant, action, { ...by, reason: sentence });
    const until = noticeUntil?.toISOString() ?? null;
    await this.outbox.tell(em, {
      type: action,
      subject: `grant:${id}`,
      data: { product, major, until, sentence, organisation: grant.organisation },
    });
  }

  async #record(em: EntityManager, action: string, step: Recorded, { actor, role, reason }: By) {
    const { product, major, noticeUntil } = step;
    const detail = { major, reason, noticeUntil: noticeUntil?.toISOString() ?? null };
    await this.ledger.record(em, { actor, role, action, object: `product:${product}`, detail });
  }
}

function isNamedTo(person: Person, product: string, { requestedBy }: MajorConsumer): boolean {
  const { domain } = names.parseProductId(product);
  return (
    SEES_CONSUMERS.some((role) => person.roles.includes(role)) ||
    isOwnerOf(person, domain) ||
    isPublisherOf(person, domain) ||
    requestedBy === person.sub
  );
}

function refuseUnless(person: Person): void {
  if (!holds(person, DECIDER))
    throw problem(governanceErrors.notYourDecision, `Needed: ${DECIDER}`);
}

type Recorded = Pick<MajorStepEntity, 'product' | 'major' | 'noticeUntil'>;

function parsed(product: string): { domain: string } {
  try {
    return names.parseProductId(product);
  } catch {
    throw problem(majorErrors.majorNotFound);
  }
}

async function majorOf(em: EntityManager, product: string, major: number) {
  const held = await em.findOneBy(ProductMajorEntity, { product, major });
  if (!held) throw problem(majorErrors.majorNotFound);
  return held;
}

async function openStep(em: EntityManager, product: string, major: number, step: MajorStep) {
  const open = await em.findOneBy(MajorStepEntity, { product, major, step, state: 'proposed' });
  if (!open) throw problem(majorErrors.noStep);
  return open;
}

/** What became of the topics of a retired major, and until when what is in them is kept. */
function showEnding({ retiredAt, topicUntil, closedAt, deniedAt, emptiedAt }: ProductMajorEntity) {
  if (retiredAt === null) return null;
  return {
    retiredAt: retiredAt.toISOString(),
    topicUntil: topicUntil?.toISOString() ?? null,
    readClosedAt: closedAt?.toISOString() ?? null,
    writeDeniedAt: deniedAt?.toISOString() ?? null,
    emptiedAt: emptiedAt?.toISOString() ?? null,
  };
}

function showStep({ proposedAt, decidedAt, noticeUntil, ...rest }: MajorStepEntity) {
  const { id, step, state, reason, proposedBy, team, decidedBy, words } = rest;
  return {
    ...{ id, step, state, reason, proposedBy, team, decidedBy, words },
    noticeUntil: noticeUntil?.toISOString() ?? null,
    proposedAt: proposedAt.toISOString(),
    decidedAt: decidedAt?.toISOString() ?? null,
  };
}

function showParity({ product, from, to, countedAt, counts }: MajorParityEntity) {
  return { product, from, to, countedAt: countedAt.toISOString(), ...counts };
}
