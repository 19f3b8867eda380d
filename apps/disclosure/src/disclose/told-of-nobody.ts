import { randomBytes } from 'node:crypto';

import { headers as ce, keys } from '@caremesh/contract';
import { withSchemaId } from '@caremesh/product';
import type { OutgoingRecord } from '@caremesh/product';

const { HEADERS } = ce;

/** What a recipient is told of their view: where, as what, and under which schema. */
type Message = { topic: string; type: string; registryUrl: string; schemaId: number; now: Date };

/** A record that is about nobody, under ids that are made of nothing: of what it tells neither its key nor its headers say anything. */
export function toldOfNobody(
  { topic, type, registryUrl, schemaId, now }: Message,
  avro: Buffer,
): OutgoingRecord {
  const time = now.toISOString();
  return {
    topics: [topic],
    key: keys.messageKey(keys.NO_PERSON, chance()),
    value: withSchemaId(schemaId, avro),
    headers: [
      [HEADERS.specVersion, ce.SPEC_VERSION],
      [HEADERS.id, chance()],
      [HEADERS.source, 'urn:caremesh:disclosure'],
      [HEADERS.type, type],
      [HEADERS.time, time],
      [HEADERS.dataSchema, ce.ceDataSchema(registryUrl, schemaId)],
      [HEADERS.recordedTime, time],
      [HEADERS.contentType, ce.CONTENT_TYPE],
    ],
  };
}

const chance = (): string => keys.keyedHash(randomBytes(32), '');
