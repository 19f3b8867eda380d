export { choiceStatedAt } from './choices/meaning.js';
export type { ChoiceCode } from './choices/statement.js';
export { byEnd, lasting, lastMomentOf } from './fhir/ended.js';
export { isLocalIdentifier, isStatedIdentifier, localsOf } from './fhir/identifiers.js';
export { isOdsSystem, odsIn } from './fhir/ods.js';
export { References } from './fhir/references.js';
export type { Held, Place } from './fhir/references.js';
export { defineDomain } from './define/domain.js';
export type { AnyProduct, AnySource, Domain } from './define/domain.js';
export { defineSubscription } from './define/subscription.js';
export type { Subscription } from './define/subscription.js';
export { defineProduct } from './define/product.js';
export type {
  Change,
  FilledField,
  Merge,
  Places,
  Product,
  Retract,
  Upsert,
} from './define/product.js';
export type { NamedPerson, PersonRef } from './person/person-ref.js';
export { hasControl } from './plain-text.js';
export { defineJoinedSource, defineSource } from './define/source.js';
export type {
  ItemOutcome,
  Joined,
  JoinedSource,
  JoinPart,
  ListenContext,
  Listening,
  Outcome,
  PartRow,
  Restriction,
  Source,
  SourceInput,
  SourceItem,
  SourcePart,
  Submit,
} from './define/source.js';
export { isOdsShaped, repeatsName } from '@caremesh/contract';
export { jsonPlaceInWords } from '@caremesh/platform';
export { FAULTS, fault, Faulty, IntakeRefused, isFault, ProductError } from './errors.js';
export type { Fault, FaultCode, FaultName } from './errors.js';
export { numbersNoRecord } from './person/identifier-type.js';
export * as nhsNumber from './person/nhs-number.js';
export type { Mode } from './person/nhs-number.js';
export { compareParts } from './person/order.js';
export { postcodeIn } from './person/postcode.js';
export { shownId } from './person/shown-id.js';
export * as ukTime from './person/uk-time.js';
export { RowReader } from './csv/row-reader.js';
export { csvTable } from './csv/table.js';
export type { CsvRow, CsvTable } from './csv/table.js';
export { charsetOf } from './csv/text.js';
export { findRefused, isRefusalCause, listRefused } from './subscribe/refused.js';
export type { RefusedFilter, RefusedItem } from './subscribe/refused.js';
export { TopicLook } from './subscribe/topic-look.js';
export type { LastWords } from './subscribe/topic-look.js';
export { UNKNOWN_REVISION } from './subscribe/received.js';
export type { Envelope, Origin, Received, RecordKey } from './subscribe/received.js';
export { subscribe } from './subscribe/subscribe.js';
export type { Subscribed } from './subscribe/subscribe.js';
export type { ConsumerSettings, SubscribeOptions } from './subscribe/consumption.js';
export { inspect, publisherOf } from './inspect/inspect.js';
export type { InspectedBatch, RefusedRecord } from './inspect/inspect.js';
export type { SubscriptionStatus } from './subscribe/subscription.js';
export { RecordContext, Records, RecordTransport } from './subscribe/transport.js';
export { plainArray } from './outbox/arrays.js';
export { openOutbox } from './outbox/outbox.js';
export type { OutgoingRecord, WrittenRecord } from './outbox/outbox.js';
export { EnvelopeWriter } from './outbox/envelope.js';
export type { Envelope as RecordEnvelope } from './outbox/envelope.js';
export { Relay } from './outbox/relay.js';
export { SchemaRegistry } from './registry/schema-registry.js';
export { encodeWire, splitWire, withSchemaId } from './registry/wire.js';
export type { KafkaConnection } from './kafka/client.js';
export { connectionOf } from './kafka/connection.js';
export { governancePeer } from './approval/governance-peer.js';
export { momentOn } from './kafka/moment.js';
export { topicEnds } from './kafka/ends.js';
export { bareEnd, wasTaken } from './subscribe/bare-end.js';
export { consumingMigrations, outboxMigrations, quarantineMigrations } from './migrations/all.js';
export { startDomain } from './start/start-domain.js';
export type { RelaySettings } from './outbox/relay.js';
export { laterRelay } from './outbox/relay-thread.js';
export type { LaterRelay } from './outbox/relay-thread.js';
export { QuarantineStore } from './quarantine/store.js';
export { readKey, Seal } from './sealing/seal.js';
