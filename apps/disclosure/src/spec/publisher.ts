import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { avroType, headers as ce, keys, names, parseVersion } from '@caremesh/contract';
import type { PersonIdentity } from '@caremesh/contract';

/** Products of two domains, from the repository's own contracts. */
export const PRODUCTS = ['gp.medication-statement', 'acute.inpatient-spell'] as const;
export type Product = (typeof PRODUCTS)[number];
const schemas = join(import.meta.dirname, '../../../../schemas');
/** The files of a product's version 1, as text. */
export function filesOf(product: string): Record<string, string> {
  const folder = join(schemas, product.replace('.', '/'), 'v1');
  const found = readdirSync(folder).filter((name) => /\.(yaml|avsc)$/.test(name));
  const texts = found.map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  return Object.fromEntries(texts) as Record<string, string>;
}

export const versions = Object.fromEntries(
  PRODUCTS.map((product) => [product, parseVersion(filesOf(product))]),
);
/** Each domain has its own key, so no key or id of one is that of another. */
export const DOMAIN_KEYS = { gp: Buffer.alloc(32, 11), acute: Buffer.alloc(32, 12) };

/** An invented person; every tenth has no NHS number. */
export type Person = { nhsNumber: string | null; localId: string; postcode: string };
export const person = (n: number): Person => ({
  nhsNumber: n % 10 === 0 ? null : String(9_000_000_000 + n * 11),
  localId: `LOCAL-ID-${n}`,
  postcode: `LS${n % 30} 9${String.fromCharCode(65 + (n % 26))}Z`,
});
const identity = (one: Person): PersonIdentity =>
  one.nhsNumber === null
    ? { issuer: 'A81001', localId: one.localId }
    : { nhsNumber: one.nhsNumber };

export const personOf = (product: Product, one: Person): string =>
  keys.personKey(DOMAIN_KEYS[product.split('.')[0] as 'gp' | 'acute'], identity(one));

export type Sending = {
  revision?: number;
  changeType?: string | null;
  survivorKey?: string;
  code?: string;
  /** Where the person is registered, as the record has it. */
  practice?: string | null;
  /** The trust that the record of a stay names. */
  provider?: string | null;
  sequence?: number;
  /** In whose name the record stands of somebody restricted: nothing in it tells where they are. */
  restrictedBy?: string;
  /** Without our headers, as an erasure tool writes a tombstone. */
  bare?: boolean;
};

/** A record of a product's secondary edition as its publisher's relay sends it. Schema ids are those registered. */
export function message(
  ids: Record<string, number>,
  product: Product,
  n: number,
  one: Person,
  sending: Sending = {},
) {
  const {
    revision = 1,
    changeType = 'CREATED',
    survivorKey = null,
    code = '39113611000001102',
    practice = null,
    provider = null,
    sequence = 1,
    restrictedBy,
    bare = false,
  } = sending;
  const source = personOf(product, one);
  const record = keys.recordKey(DOMAIN_KEYS.gp, product, `source-${n}`);
  const value = {
    recordId: record,
    nhsNumber: one.nhsNumber,
    nhsNumberStatus: '01',
    localPatientId: one.localId,
    localPatientIdIssuer: 'A81001',
    publisherOds: 'A81001',
    recordedAt: Date.now(),
    sourceSystemUpdatedAt: 1_760_000_000_123 + n,
    changeType: changeType ?? 'CREATED',
    survivorKey,
    ...(product === 'gp.medication-statement'
      ? { medicationCode: code, medicationText: `free text of ${one.localId}` }
      : { hospitalProviderSpellNumber: `SPELL-${one.localId}`, providerOds: provider }),
    postcode: one.postcode,
    gpPracticeOds: practice,
    birthDate: 4_321,
    ...(restrictedBy && {
      ...{ publisherOds: restrictedBy, localPatientId: null, localPatientIdIssuer: null },
      ...{ postcode: null, gpPracticeOds: null, medicationText: null },
    }),
  };
  const type = avroType(versions[product]!.schema!);
  const avro = type.toBuffer(value);
  const wire = Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), avro]);
  wire.writeUInt32BE(ids[product]!, 1);
  const header: [string, string][] = [
    [ce.HEADERS.id, keys.eventId(DOMAIN_KEYS.gp, 'spec', `${n}`, product, revision)],
    [ce.HEADERS.source, `urn:ods:${restrictedBy ?? 'A81001'}`],
    [ce.HEADERS.type, ce.ceType(product, 'UPDATED', 1)],
    [ce.HEADERS.time, new Date(value.sourceSystemUpdatedAt).toISOString()],
    [ce.HEADERS.sequence, String(sequence)],
    [ce.HEADERS.recordRevision, String(revision)],
    [ce.HEADERS.traceParent, '00-11111111111111111111111111111111-2222222222222222-01'],
  ];
  return {
    topic: names.secondaryTopic(product, 1),
    key: Buffer.from(keys.messageKey(source, record)),
    partition: keys.partitionOf(source, 6),
    ...(changeType !== null && { value: wire }),
    headers: new Map(
      (bare ? [] : header).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
    ),
  };
}
