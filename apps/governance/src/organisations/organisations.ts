import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { In } from 'typeorm';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { Store, upsert } from '../database/store.js';
import { governanceErrors } from '../errors.js';
import { pageOf, positionOf } from '../http/page.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';
import { KINDS, OrganisationEntity } from './organisation.entity.js';
import { day, today } from './shapes.js';
import type { OrganisationQuery } from './shapes.js';
import { standingOn } from './standing.js';
import type { Standing } from './standing.js';

const FILE = ['mesh', 'organisations', 'organisations.json'];

const listed = z.strictObject({
  organisations: z.array(
    z.strictObject({
      ods: z.string().regex(/^[A-Z0-9]{3,10}$/),
      name: z.string().min(1),
      kind: z.enum(KINDS),
      opened: day.nullable(),
      closed: day.nullable(),
      successors: z.array(z.strictObject({ ods: z.string().nullable(), name: z.string() })),
    }),
  ),
});

/** Whom an ODS code names, for those who decide on it: a code nobody could look up is seen to be one. */
export type NamedOrganisation = { ods: string; name: string | null; state: Standing['state'] };

/** Which organisation an ODS code is, whether it stands on a day, and what came after it. */
@Injectable()
export class Organisations implements OnApplicationBootstrap {
  readonly #store: Store;
  readonly #schemasDir: string;

  constructor(store: Store, @Inject(SETTINGS) settings: Settings) {
    this.#store = store;
    this.#schemasDir = settings.schemasDir;
  }

  /** Takes the reference data as it is now; two instances leave the same. */
  async onApplicationBootstrap(): Promise<void> {
    const text = await readFile(join(this.#schemasDir, ...FILE), 'utf8');
    const { organisations } = listed.parse(JSON.parse(text));
    await upsert(this.#store.reader, OrganisationEntity, organisations, ['ods']);
  }

  /**
   * Where the organisation of an ODS code stands on a day (YYYY-MM-DD), read on the connection of `em`: whoever holds one in a
   * transaction and waits for another of the same pool may wait for those who wait likewise. Throws nothing: it may be unknown.
   */
  async organisationOn(em: EntityManager, ods: string, on: string): Promise<Standing> {
    return standingOn(await em.findOneBy(OrganisationEntity, { ods }), on);
  }

  /** Those of some ODS codes as the reference data knows them today, in their order; `name` null and `unknown` where it does not. */
  async namesOf(codes: readonly string[]): Promise<NamedOrganisation[]> {
    const wanted = [...new Set(codes)];
    const found = await this.#store.reader.findBy(OrganisationEntity, { ods: In(wanted) });
    return wanted.map((ods) => {
      const organisation = found.find((one) => one.ods === ods) ?? null;
      const { state } = standingOn(organisation, today());
      return { ods, name: organisation?.name ?? null, state };
    });
  }

  /** One organisation and where it stands on a day, today if none is given. Throws MESH-3036. */
  async show(ods: string, on = today()) {
    const organisation = await this.#store.reader.findOneBy(OrganisationEntity, { ods });
    if (!organisation) throw problem(governanceErrors.organisationNotFound);
    return show(organisation, on);
  }

  /**
   * One page of organisations by ODS code. `q`: every word in the name, as part of it or misspelt, or the code. With
   * `on` those alone that stand on that day.
   */
  async list({ q, kind, on, cursor, limit }: OrganisationQuery) {
    const [after] = positionOf(cursor, 'text') ?? [];
    const search = this.#store.reader.createQueryBuilder(OrganisationEntity, 'o').where('true');
    (q ?? '')
      .split(/\s+/)
      .filter(Boolean)
      .forEach((word, at) => narrowByWord(search, word, at));
    if (kind) search.andWhere('o.kind = :kind', { kind });
    if (on) {
      search.andWhere('coalesce(o.opened <= :on, true) AND coalesce(o.closed > :on, true)', { on });
    }
    if (after) search.andWhere('o.ods > :after', { after });
    const rows = await search
      .orderBy('o.ods')
      .take(limit + 1)
      .getMany();
    return pageOf(
      rows,
      limit,
      ({ ods }) => [ods],
      (organisation) => show(organisation, on ?? today()),
    );
  }
}

/** The word as part of the name or as the code; one that no organisation has is taken for what is spelt like it. */
function narrowByWord(search: SelectQueryBuilder<OrganisationEntity>, word: string, at: number) {
  const [like, exact] = [`like${at}`, `exact${at}`];
  search.andWhere(
    `(o.name ILIKE :${like} OR o.ods ILIKE :${exact} OR (:${exact} <% o.name AND NOT EXISTS (
        SELECT 1 FROM organisation e WHERE e.name ILIKE :${like} OR e.ods ILIKE :${exact})))`,
    { [like]: `%${escapeLike(word)}%`, [exact]: escapeLike(word) },
  );
}

function escapeLike(word: string): string {
  return word.replace(/[\\%_]/g, (character) => `\\${character}`);
}

function show(organisation: OrganisationEntity, on: string) {
  const { ods, name, kind, opened, closed, successors } = organisation;
  const { state } = standingOn(organisation, on);
  return { ods, name, kind, opened, closed, successors, on, state };
}
