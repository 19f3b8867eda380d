import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Domain, Joined, PartRow, SourceItem, Upsert } from '@caremesh/product';
import { ROOT } from '../mesh/bench-mesh.js';
import type { PeerRecord } from './dual-write.js';

type Row = Record<string, string>;

/** A domain's own definition: the peers read and map with the same functions as the mesh does. */
export async function domainOf(name: string): Promise<Domain> {
  const url = pathToFileURL(join(ROOT, 'apps', name, 'dist', 'domain.js')).href;
  const module = (await import(url)) as Record<string, unknown>;
  const found = Object.values(module).find(
    (value) => typeof value === 'object' && value !== null && 'products' in value,
  );
  if (!found) throw new Error(`${name} defines no domain`);
  return found as Domain;
}

/** The items of a file, as the domain's source reads them. */
export function itemsOf(
  domain: Domain,
  file: { path: string; contentType: string; part?: string },
): AsyncIterable<SourceItem<unknown>> {
  const source = domain.sources[0]!;
  const body = () => createReadStream(file.path);
  const parts = file.part
    ? one({ name: file.part, contentType: file.contentType, body: body() })
    : undefined;
  const contentType = file.part ? 'multipart/form-data' : file.contentType;
  return source.read({
    contentType,
    body: body(),
    ...(parts ? { parts } : {}),
    environment: 'test',
  });
}

async function* one<T>(value: T): AsyncGenerator<T> {
  await Promise.resolve();
  yield value;
}

/** The upserts that the domain's product makes of items that each stand alone (HL7, FHIR). */
export async function* recordsOf(
  domain: Domain,
  items: AsyncIterable<SourceItem<unknown>>,
): AsyncGenerator<PeerRecord> {
  for await (const item of items) {
    if (item.outcome !== undefined) continue;
    yield* upsertsOf(domain, item.record);
  }
}

/** Joins the rows of earlier parts in memory, as a script would, and maps each row of the root. */
export async function* joinedRecordsOf(
  domain: Domain,
  held: { CYP001: Map<string, Row>; CYP101: Map<string, Row> },
  items: AsyncIterable<SourceItem<unknown>>,
): AsyncGenerator<PeerRecord> {
  const source = domain.sources[0]!;
  if (!('joins' in source) || !source.joins) throw new Error(`${domain.name} does not join`);
  const { CYP201, CYP101 } = source.parts as Record<
    string,
    { parent?: { key(row: Row): string | null } }
  >;
  for await (const item of items) {
    if (item.outcome !== undefined) continue;
    const { row } = item.record as PartRow<Row>;
    const referral = held.CYP101.get(CYP201!.parent!.key(row) ?? '');
    const patient = referral && held.CYP001.get(CYP101!.parent!.key(referral) ?? '');
    if (!referral || !patient) continue;
    const joined: Joined<Row> = {
      root: row,
      ancestors: { CYP101: referral, CYP001: patient },
      children: { CYP202: [] },
    };
    yield* upsertsOf(domain, joined);
  }
}

/** The rows of one part by their key. */
export async function rowsByKey(
  domain: Domain,
  part: string,
  items: AsyncIterable<SourceItem<unknown>>,
): Promise<Map<string, Row>> {
  const source = domain.sources[0]! as unknown as {
    parts: Record<string, { key(row: Row): string | null }>;
  };
  const rows = new Map<string, Row>();
  for await (const item of items) {
    if (item.outcome !== undefined) continue;
    const { row } = item.record as PartRow<Row>;
    rows.set(source.parts[part]!.key(row) ?? '', row);
  }
  return rows;
}

function* upsertsOf(domain: Domain, source: unknown): Generator<PeerRecord> {
  const changes = domain.products[0]!.map(source as never) as unknown;
  if (!Array.isArray(changes)) return;
  for (const change of changes as Upsert<Record<string, unknown>>[]) {
    if (change.change !== 'upsert') continue;
    yield {
      recordId: createHash('sha256').update(change.sourceRecordId).digest('hex').slice(0, 26),
      nhsNumber: change.person.nhsNumber,
      nhsNumberStatus: change.person.nhsNumberStatus,
      localPatientId: change.person.local?.id ?? null,
      localPatientIdIssuer: change.person.local?.issuer ?? null,
      publisherOds: change.publisherOds,
      recordedAt: Date.now(),
      sourceSystemUpdatedAt: change.at === null ? null : Date.parse(change.at),
      changeType: 'CREATED',
      survivorKey: null,
      ...change.content,
    };
  }
}
