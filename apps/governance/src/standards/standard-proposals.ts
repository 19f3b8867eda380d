import { demandOf, isDeclared, reaches, readStandard, standardKey } from '@caremesh/contract';
import type { Standard } from '@caremesh/contract';
import { problem } from '@caremesh/platform';
import type { Caller, FieldError } from '@caremesh/platform';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { Store } from '../database/store.js';
import { standardErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { MotionEntity } from '../motions/motion.entity.js';
import { MOTION_DECIDERS, Motions } from '../motions/motions.js';
import { showMotion } from '../motions/shapes.js';
import type { MotionDecision } from '../motions/shapes.js';
import { ProductEntity } from '../products/product.entity.js';
import { standardChanges } from './plain-words.js';
import { revise, standardNamed } from './revisions.js';
import { today } from './shapes.js';
import type { ProposeStandardBody, StandardProposalQuery } from './shapes.js';
import { StandardEntity, StandardRevisionEntity } from './standard.entity.js';

const KIND = { kind: 'standard', notFound: standardErrors.standardProposalNotFound } as const;

/** Revisions of standards: proposed by one governance lead, approved by another. */
@Injectable()
export class StandardProposals {
  readonly #store: Store;
  readonly #motions: Motions;

  constructor(store: Store, motions: Motions) {
    this.#store = store;
    this.#motions = motions;
  }

  /** Proposes a new standard or a revision of one. Throws MESH-3802 with everything that is wrong with it. */
  async propose(caller: Caller, { standard, reason, demonstration }: ProposeStandardBody) {
    const made = await this.#store.transaction(async (em) => {
      const { content, before } = await this.#readable(em, standard);
      const motion = {
        kind: 'standard',
        subject: standardKey(content.id),
        content,
        basedOn: before?.contentHash ?? null,
        reason,
        demonstration,
        endsAt: null,
      } as const;
      return this.#motions.put(em, caller, motion, 'governance-lead');
    });
    return this.#show(this.#store.reader, made);
  }

  /** One page of proposals, newest first. */
  async list(query: StandardProposalQuery) {
    const position = positionOf(query.cursor, 'time', 'text');
    const rows = await this.#store.reader
      .createQueryBuilder(MotionEntity, 'm')
      .where(`m.kind = 'standard'`)
      .andWhere(query.state ? 'm.state = :state' : 'true', query)
      .andWhere(query.standard ? 'm.subject = :subject' : 'true', {
        subject: standardKey(query.standard ?? ''),
      })
      .andWhere(position ? '(m.created_at, m.id) < (:at::timestamptz, :id)' : 'true', {
        at: position?.[0],
        id: position?.[1],
      })
      .orderBy('m.created_at', 'DESC')
      .addOrderBy('m.id', 'DESC')
      .take(query.limit + 1)
      .getMany();
    const page = pageOf(
      rows,
      query.limit,
      (row) => [row.createdAt.toISOString(), row.id],
      (row) => row,
    );
    const em = this.#store.reader;
    return { ...page, items: await Promise.all(page.items.map((row) => this.#show(em, row))) };
  }

  /** One proposal. Throws MESH-3803. */
  async show(id: string) {
    const em = this.#store.reader;
    const row = await em.findOneBy(MotionEntity, { kind: 'standard', id });
    if (!row) throw problem(standardErrors.standardProposalNotFound);
    return this.#show(em, row);
  }

  /** Decides; an approval is the catalogue's next revision at once. Throws as Motions.decide does, and MESH-3802. */
  async decide(caller: Caller, id: string, given: MotionDecision) {
    const decided = await this.#motions.decide(caller, { ...KIND, id }, given, {
      current: async (em, { subject }) =>
        (await em.findOneBy(StandardEntity, { key: subject }))?.contentHash ?? null,
      carryOut: async (em, motion) => {
        // Another standard may have taken a name since it was proposed.
        const { content, before } = await this.#readable(em, motion.content);
        await revise(em, [{ content, before }], { motion: motion.id, approvedBy: caller.sub });
      },
    });
    return this.#show(this.#store.reader, decided);
  }

  /** Takes a proposal back: whoever proposed it, alone. Throws MESH-3803, MESH-3804, MESH-3007. */
  async withdraw(caller: Caller, id: string, reason: string) {
    return this.#store.transaction(async (em) => {
      const motion = await this.#motions.lock(em, { ...KIND, id });
      if (motion.proposedBy !== caller.sub) throw problem(standardErrors.notYourMotion);
      const by = { actor: caller.sub, role: 'governance-lead', detail: { reason } };
      await this.#motions.move(em, motion, 'withdraw', by);
      return this.#show(em, motion);
    });
  }

  async #readable(em: EntityManager, value: unknown) {
    const id = (value as { id?: unknown }).id;
    const before =
      typeof id === 'string' ? await em.findOneBy(StandardEntity, { key: standardKey(id) }) : null;
    const { standard, findings } = readStandard(value, before?.content ?? null);
    if (!standard) throw refused(findings);
    const taken = await namesTaken(em, standard);
    const missing = await dependenciesMissing(em, standard);
    if (taken.length + missing.length > 0) throw refused([...taken, ...missing]);
    return { content: standard, before };
  }

  async #show(em: EntityManager, motion: MotionEntity) {
    const standard = motion.content as Standard;
    const before = await replacedBy(em, motion);
    const products = await em.find(ProductEntity, { order: { id: 'ASC' } });
    return {
      ...showMotion(motion),
      standard,
      revises: before ? { revision: before.revision, contentHash: before.contentHash } : null,
      decisionsNeeded: MOTION_DECIDERS,
      changes: standardChanges(before?.content ?? null, standard),
      /** Published products it would reach: what it asks of each, and whether the contract conforms. */
      reaches: products
        .filter(({ contract }) => reaches(standard, contract))
        .map(({ id, contract }) => ({
          product: id,
          demand: demandOf(standard, today()),
          conforms: isDeclared(standard, contract),
        })),
    };
  }
}

async function replacedBy(em: EntityManager, { subject, basedOn }: MotionEntity) {
  if (basedOn === null) return null;
  return em.findOne(StandardRevisionEntity, {
    where: { key: subject, contentHash: basedOn },
    order: { revision: 'DESC' },
  });
}

async function namesTaken(em: EntityManager, standard: Standard): Promise<FieldError[]> {
  const names = [standard.id, ...standard.alsoKnownAs];
  const found = await Promise.all(names.map((name) => standardNamed(em, name)));
  return found.flatMap((other, at) =>
    other && other.key !== standardKey(standard.id)
      ? [
          {
            path: at === 0 ? 'standard#id' : `standard#alsoKnownAs[${at - 1}]`,
            code: standardErrors.standardRefused.code,
            message: `${other.content.id} answers to this name already.`,
            fix: 'Choose another name.',
          },
        ]
      : [],
  );
}

async function dependenciesMissing(em: EntityManager, standard: Standard): Promise<FieldError[]> {
  const keys = standard.dependencies.map(standardKey);
  const known = new Set((await em.findBy(StandardEntity, { key: In(keys) })).map(({ key }) => key));
  return keys
    .map((key, at) => ({ key, at }))
    .filter(({ key }) => !known.has(key))
    .map(({ at }) => ({
      path: `standard#dependencies[${at}]`,
      code: standardErrors.standardRefused.code,
      message: 'There is no such standard in the catalogue.',
      fix: 'Name standards by the identifiers that `mesh standard list` shows.',
    }));
}

function refused(findings: readonly FieldError[]) {
  const errors = findings.map(({ path, code, message, fix }) => ({ path, code, message, fix }));
  const detail = errors.length === 1 ? errors[0]?.message : `${errors.length} findings`;
  return problem(standardErrors.standardRefused, detail, errors);
}
