import { avroType } from '@caremesh/contract';

import { Checks, standardChecks } from '../checks/checks.js';
import { identifierRules } from '../checks/classification.js';
import { contractRules } from '../checks/contract-rules.js';
import { PRODUCT, SECONDARY } from '../choices/held.js';
import type { AnyProduct } from '../define/domain.js';
import { ProductError } from '../errors.js';
import type { RunningProduct } from '../intake/prepare.js';
import { EnvelopeWriter } from '../outbox/envelope.js';
import type { Routes } from '../outbox/outbox.js';
import { Codec } from '../state/codec.js';
import type { Edition, LiveProduct } from '../state/model.js';
import type { ApprovedVersion } from './approvals.js';
import type { ContractFolder } from './contract-folder.js';

type Parts = {
  routes: Pick<Routes, 'id'>;
  registryUrl: string;
  /** The schema of an earlier approved version, by id. */
  schemaOf(schemaId: number): Promise<string | null>;
};

const parse = (schema: string) => avroType(JSON.parse(schema) as object);

/** Makes a product ready to publish under its approved version. */
export async function runProduct(
  definition: AnyProduct,
  folder: ContractFolder,
  version: ApprovedVersion,
  parts: Parts,
): Promise<RunningProduct> {
  const { contract } = folder;
  const codec = new Codec(version.schemaId, version.schema, parse);
  const live: LiveProduct = {
    id: contract.product,
    major: contract.major,
    codec,
    codecOf: codecs(codec, parts),
    editions: await editionsOf(contract.product, contract.major, version, parts),
    ...(definition.identifies && {
      identifies: definition.identifies as NonNullable<LiveProduct['identifies']>,
    }),
    ...(definition.carry && {
      carry: definition.carry as NonNullable<LiveProduct['carry']>,
    }),
    ...(definition.restricted && { restricted: definition.restricted }),
  };
  const checks = new Checks(
    contract.product,
    standardChecks(contractRules(contract), identifierRules(contract)),
    definition.places,
  );
  return { definition: definition as RunningProduct['definition'], live, checks };
}

/** Both editions of one row, if they share a schema id as they do where equal schemas have one id; else a row each. */
async function editionsOf(
  id: string,
  major: number,
  { topic, schemaId, secondary }: ApprovedVersion,
  { routes, registryUrl }: Parts,
): Promise<Edition[]> {
  const edition = async (schema: number, named: EditionTopics): Promise<Edition> => ({
    routes: await Promise.all(EVERY_CHOICE.map((out) => routeOf(routes, named, out))),
    schemaId: schema,
    envelope: new EnvelopeWriter(id, major, registryUrl, schema),
  });
  if (!secondary) return [await edition(schemaId, { product: topic })];
  const other = secondary.topic;
  if (secondary.schemaId === schemaId) {
    return [await edition(schemaId, { product: topic, secondary: other })];
  }
  return [
    await edition(schemaId, { product: topic }),
    await edition(secondary.schemaId, { secondary: other }),
  ];
}

type EditionTopics = { product?: string; secondary?: string };
/** Nobody left out; left out of the product topic; of the secondary edition; of both. */
const EVERY_CHOICE = [0, PRODUCT, SECONDARY, PRODUCT | SECONDARY];

async function routeOf(
  routes: Pick<Routes, 'id'>,
  { product, secondary }: EditionTopics,
  out: number,
): Promise<number | null> {
  const topics = [
    ...(product && !(out & PRODUCT) ? [product] : []),
    ...(secondary && !(out & SECONDARY) ? [secondary] : []),
  ];
  return topics.length === 0 ? null : routes.id(topics);
}

function codecs(current: Codec, { schemaOf }: Parts): (schemaId: number) => Promise<Codec> {
  const known = new Map([[current.schemaId, Promise.resolve(current)]]);
  return (schemaId) => {
    let codec = known.get(schemaId);
    if (!codec) {
      codec = schemaOf(schemaId).then((schema) => {
        if (schema === null) throw new ProductError('schemaNotApproved', `schema id ${schemaId}`);
        return new Codec(schemaId, schema, parse);
      });
      known.set(schemaId, codec);
      // It is asked for anew by who needs it next: a database that was away for a moment is back by then.
      codec.catch(() => known.delete(schemaId));
    }
    return codec;
  };
}
