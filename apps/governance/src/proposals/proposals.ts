import { contentHash, holdsNhsNumber } from '@caremesh/contract';
import type { DataContract, VersionFiles } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { isOwnerOf, isPublisherOf } from '../authority/authority.js';
import { CommentEntity } from '../comments/comment.entity.js';
import { Covers } from '../cover/covers.js';
import { newId } from '../database/ids.js';
import { Store, insert, turn, upsert } from '../database/store.js';
import { DecisionEntity } from '../decisions/decision.entity.js';
import { repeatedBy } from '../decisions/rules.js';
import { governanceErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { Ledger } from '../ledger/ledger.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { approveByPolicy } from './auto-approval.js';
import { touching } from './impact.js';
import { DECIDED } from './lifecycle.js';
import { Lifecycle } from './lifecycle.service.js';
import { mayDecide } from './may-decide.js';
import { ProposalEntity, VersionContentEntity } from './proposal.entity.js';
import { blockersOf, readVersion, reviewVersion } from './review.js';
import type { Review } from './review.js';
import { showDecision, showProposal } from './shapes.js';
import type { ProposalQuery, ProposeBody } from './shapes.js';
import { changedSince, comparisonFor, refuseRetired } from './versions.js';

const DAY_MS = 86_400_000;
const READERS = ['governance-lead', 'ig-lead', 'caldicott-guardian', 'auditor', 'administrator'];

type Read = { contract: DataContract; schema: object; hash: string };

/** What is proposed to the mesh: read, checked, compared, kept under its hash until somebody decides. */
@Injectable()
export class Proposals {
  readonly #store: Store;
  readonly #lifecycle: Lifecycle;
  readonly #ledger: Ledger;
  readonly #covers: Covers;
  readonly #mode: Settings['mode'];
  readonly #decideWithinDays: number;

  constructor(
    store: Store,
    lifecycle: Lifecycle,
    ledger: Ledger,
    covers: Covers,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#store = store;
    this.#lifecycle = lifecycle;
    this.#ledger = ledger;
    this.#covers = covers;
    this.#mode = settings.mode;
    this.#decideWithinDays = settings.decideWithinDays;
  }

  /**
   * Proposes a version. The same content proposed again by the same person while it is undecided is the same proposal.
   * Throws MESH-3002 with every blocking finding, MESH-3003 for somebody else's domain, MESH-3009 for a
   * version that is decided, MESH-3020 for a demonstration in production, MESH-3086 for one of a retired major, MESH-3091 for what
   * somebody else proposed.
   */
  async propose(caller: Caller, { files, reason, demonstration }: ProposeBody) {
    if (demonstration && this.#mode === 'production') {
      throw problem(governanceErrors.demonstrationRefused);
    }
    const read = this.#readOwn(caller, files);
    const proposal = await this.#store.transaction(async (em) => {
      await turn(em, `product:${read.contract.product}`);
      const open = await openWith(em, read.hash);
      if (open) return repeatedBy(caller, open);
      await refuseDecided(em, read);
      await refuseRetired(em, read.contract);
      const { review, comparedWith } = await this.#review(em, read.contract, files);
      if (blockersOf(review.checks).length > 0) return review;
      return this.#insert(em, caller, read, { files, reason, demonstration, review, comparedWith });
    });
    if (proposal instanceof ProposalEntity) return showProposal(proposal);
    await this.#noteRefusal(caller, read, proposal);
    throw refused(blockersOf(proposal.checks));
  }

  /** The checks and changes that proposing these files would show; nothing is stored. Throws MESH-3002 if they cannot be read. */
  async check(files: VersionFiles) {
    const { contract, errors } = readVersion(files);
    if (!contract) throw refused(errors);
    const { review, comparedWith } = await this.#review(this.#store.reader, contract, files);
    const { product, version } = contract;
    return { product, version, contentHash: contentHash(files), comparedWith, ...review };
  }

  /** One page of the proposals the caller may see, newest first. */
  async list(caller: Caller, query: ProposalQuery) {
    const position = positionOf(query.cursor, 'time', 'text');
    const em = this.#store.reader;
    const rows = await visibleTo(caller, em)
      .andWhere(query.state ? 'p.state = :state' : 'true', query)
      .andWhere(query.product ? 'p.product = :product' : 'true', query)
      .andWhere(query.domain ? 'p.domain = :domain' : 'true', query)
      .andWhere(position ? '(p.created_at, p.id) < (:at::timestamptz, :id)' : 'true', {
        at: position?.[0],
        id: position?.[1],
      })
      .orderBy('p.created_at', 'DESC')
      .addOrderBy('p.id', 'DESC')
      .take(query.limit + 1)
      .getMany();
    const roles = await mayDecide(em, await this.#covers.coversOf(em, caller), rows);
    return pageOf(
      rows,
      query.limit,
      (row) => [row.createdAt.toISOString(), row.id],
      (row) => ({ ...showProposal(row), mayDecide: roles.get(row.id) ?? [] }),
    );
  }

  /** One proposal with its decisions and files. Throws MESH-3001 if there is none the caller may see. */
  async show(caller: Caller, id: string) {
    const em = this.#store.reader;
    const proposal = await visibleProposal(caller, em, id);
    const decisions = await em.find(DecisionEntity, {
      where: { proposalId: id },
      order: { at: 'ASC' },
    });
    const { contentHash: hash } = proposal;
    const roles = await mayDecide(em, await this.#covers.coversOf(em, caller), [proposal]);
    const content = await em.findOneByOrFail(VersionContentEntity, { contentHash: hash });
    return {
      ...showProposal(proposal),
      mayDecide: roles.get(id) ?? [],
      decisions: decisions.map(showDecision),
      comments: await em.countBy(CommentEntity, { proposalId: id }),
      changedSince: await changedSince(em, proposal, content.files),
      files: content.files,
    };
  }

  /** The proposer's team takes a proposal back. Throws MESH-3001, MESH-3003, MESH-3007. */
  withdraw(caller: Caller, id: string, reason: string) {
    return this.#byTeam(caller, id, (em, proposal) =>
      this.#lifecycle.move(em, proposal, 'withdraw', by(caller, 'publisher', { reason })),
    );
  }

  /**
   * Has a version that failed carried out again, if what it was decided against is still what is in force.
   * Throws MESH-3001, MESH-3003, MESH-3007, MESH-3085, MESH-3086.
   */
  retry(caller: Caller, id: string, reason: string) {
    const again = { attempts: 0, nextAttemptAt: null, failure: null };
    return this.#byTeam(caller, id, async (em, proposal) => {
      if (proposal.state === 'failed') await refuseOvertaken(em, proposal);
      await this.#lifecycle.move(em, proposal, 'retry', by(caller, 'publisher', { reason }), again);
    });
  }

  async #byTeam(
    caller: Caller,
    id: string,
    work: (em: EntityManager, proposal: ProposalEntity) => Promise<void>,
  ) {
    const { domain, product } = await visibleProposal(caller, this.#store.reader, id);
    const allowed = isPublisherOf(caller, domain) || caller.roles.includes('governance-lead');
    if (!allowed || caller.kind !== 'user') throw problem(governanceErrors.notYourDomain);
    return this.#store.transaction(async (em) => {
      await turn(em, `product:${product}`);
      const proposal = await lockProposal(em, id);
      await work(em, proposal);
      return showProposal(proposal);
    });
  }

  #readOwn(caller: Caller, files: VersionFiles): Read {
    const { contract, schema, errors } = readVersion(files);
    if (!contract || !schema) throw refused(errors);
    if (!isPublisherOf(caller, contract.domain)) {
      throw problem(governanceErrors.notYourDomain, `The contract is of domain ${contract.domain}`);
    }
    return { contract, schema, hash: contentHash(files) };
  }

  async #review(em: EntityManager, contract: DataContract, files: VersionFiles) {
    const comparison = await comparisonFor(em, contract);
    const review = reviewVersion(files, contract, comparison);
    const changes = await touching(em, contract, review.changes);
    return { review: { ...review, changes }, comparedWith: comparison.comparedWith };
  }

  async #insert(
    em: EntityManager,
    caller: Caller,
    { contract, schema, hash }: Read,
    made: {
      files: VersionFiles;
      reason: string;
      demonstration: boolean;
      comparedWith: string | null;
      review: Pick<ProposalEntity, 'checks' | 'changes' | 'decisionsNeeded'>;
    },
  ): Promise<ProposalEntity> {
    const { product, domain, version, major } = contract;
    const { files, review, ...given } = made;
    const replaces = await this.#supersedeOthers(em, caller, product, version);
    const content = { contentHash: hash, files, contract, schema };
    await upsert(em, VersionContentEntity, content, ['contentHash']);
    const now = new Date();
    const proposal = em.create(ProposalEntity, {
      id: newId(),
      product,
      domain,
      version,
      major,
      contentHash: hash,
      state: 'proposed',
      proposedBy: caller.sub,
      team: caller.team ?? domain,
      replaces,
      decideBy: new Date(now.getTime() + this.#decideWithinDays * DAY_MS),
      remindedAt: null,
      ...given,
      ...review,
      createdAt: now,
      updatedAt: now,
      attempts: 0,
    });
    await insert(em, ProposalEntity, proposal);
    const outcomes = proposal.checks.map(({ name, severity, outcome }) => ({
      name,
      severity,
      outcome,
    }));
    const what = by(caller, 'publisher', { reason: made.reason, checks: outcomes });
    await this.#lifecycle.announce(em, proposal, 'propose', what);
    await approveByPolicy(em, this.#lifecycle, proposal);
    return proposal;
  }

  // A team that proposes a version anew has thought again: its earlier words on it count no more.
  async #supersedeOthers(
    em: EntityManager,
    caller: Caller,
    product: string,
    version: string,
  ): Promise<string | null> {
    const others = await em.find(ProposalEntity, {
      where: { product, version, state: In(['draft', 'proposed', 'failed']) },
      order: { createdAt: 'DESC' },
      lock: { mode: 'pessimistic_write' },
    });
    for (const other of others) {
      await this.#lifecycle.move(em, other, 'supersede', by(caller, 'publisher'));
    }
    return others[0]?.id ?? null;
  }

  async #noteRefusal(caller: Caller, { contract, hash }: Read, review: Review): Promise<void> {
    await this.#ledger.note({
      ...by(caller, 'publisher'),
      action: 'proposal.refused-by-checks',
      object: `product:${unnamed(contract.product)}`,
      detail: {
        version: unnamed(contract.version),
        contentHash: hash,
        failed: blockersOf(review.checks).map(({ code, path }) => ({ code, path })),
      },
    });
  }
}

/** What was refused may be named after somebody, and the ledger forgets nothing. */
const unnamed = (name: string) => (holdsNhsNumber(name) ? 'not repeated' : name);

/** The proposal, if the caller may see it. Throws MESH-3001 as if there were none. */
export async function visibleProposal(
  caller: Caller,
  em: EntityManager,
  id: string,
): Promise<ProposalEntity> {
  const proposal = await visibleTo(caller, em).andWhere('p.id = :id', { id }).getOne();
  if (!proposal) throw problem(governanceErrors.proposalNotFound);
  return proposal;
}

/** The proposal, held until the transaction ends. Throws MESH-3001. */
export async function lockProposal(em: EntityManager, id: string): Promise<ProposalEntity> {
  const proposal = await em.findOne(ProposalEntity, {
    where: { id },
    lock: { mode: 'pessimistic_write' },
  });
  if (!proposal) throw problem(governanceErrors.proposalNotFound);
  return proposal;
}

function by(caller: Caller, role: string, detail: Record<string, unknown> = {}) {
  return { actor: caller.sub, role, detail };
}

function refused(errors: Parameters<typeof problem>[2] & object) {
  const detail = errors.length === 1 ? errors[0]?.message : `${errors.length} findings block it`;
  return problem(governanceErrors.contractRefused, detail, errors);
}

async function openWith(em: EntityManager, hash: string): Promise<ProposalEntity | null> {
  return em.findOneBy(ProposalEntity, { contentHash: hash, state: 'proposed' });
}

async function refuseDecided(em: EntityManager, { contract }: Read): Promise<void> {
  const { product, version } = contract;
  const taken = await em.findOneBy(ProposalEntity, { product, version, state: In([...DECIDED]) });
  if (!taken) return;
  throw problem(governanceErrors.versionTaken, `${product} ${version} is ${taken.state}`);
}

// Decided on what it changes against one version, it would otherwise be published on top of another.
async function refuseOvertaken(em: EntityManager, proposal: ProposalEntity): Promise<void> {
  await refuseRetired(em, proposal);
  const { contentHash } = proposal;
  const { contract } = await em.findOneByOrFail(VersionContentEntity, { contentHash });
  const { comparedWith } = await comparisonFor(em, contract);
  if (comparedWith !== proposal.comparedWith) throw problem(governanceErrors.overtaken);
}

// Who stands in for somebody reads what that person does, while they do.
const STANDS_IN = `EXISTS (SELECT 1 FROM cover c WHERE c.deputy = :sub
  AND (c.role = ANY(:readers) OR c.role = p.domain || '-owner')
  AND c.from_at <= now() AND c.until_at > now() AND c.ended_at IS NULL)`;

// Readers see every proposal, a domain's people those of their domain, everybody else none.
function visibleTo(caller: Caller, em: EntityManager) {
  const all = em.createQueryBuilder(ProposalEntity, 'p');
  if (caller.kind === 'user' && READERS.some((role) => caller.roles.includes(role))) {
    return all.where('true');
  }
  const domains = domainsOf(caller);
  return all.where(`(p.domain = ANY(:domains) OR ${STANDS_IN})`, {
    ...{ domains, sub: caller.sub, readers: READERS },
  });
}

function domainsOf(caller: Caller): string[] {
  if (caller.kind === 'domain') return [caller.name];
  const named = caller.roles.flatMap((role) => /^(.+)-(publisher|owner)$/.exec(role)?.[1] ?? []);
  const team = caller.team ? [caller.team] : [];
  return [...named, ...team].filter(
    (domain) => isPublisherOf(caller, domain) || isOwnerOf(caller, domain),
  );
}
