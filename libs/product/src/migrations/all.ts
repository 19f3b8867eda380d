import { Choices1795312800120 } from './choices.js';
import { Intake1764000000004 } from './intake.js';
import { Outbox1764000000001 } from './outbox.js';
import { OutboxClosed1795312800082 } from './outbox-closed.js';
import { OutboxPacked1795312800150 } from './outbox-packed.js';
import { OutboxUnvacuumed1795313000004 } from './outbox-unvacuumed.js';
import { QuarantineOrigin1764000000005 } from './quarantine-origin.js';
import { QuarantineRow1795318000001 } from './quarantine-row.js';
import { PartFormer1795322000001 } from './part-former.js';
import { PartMark1764000000012 } from './part-mark.js';
import { PartMarkInOrder1795313000005 } from './part-mark-in-order.js';
import { Quarantine1764000000002 } from './quarantine.js';
import { RecordClosed1795319000001 } from './record-closed.js';
import { Restriction1795316000001 } from './restriction.js';
import { RecordKeeper1764000000011 } from './record-keeper.js';
import { Retention1764000000010 } from './retention.js';
import { BareEnd1795323000001 } from '../subscribe/bare-end.js';
import { Subscribe1763769600000 } from '../subscribe/tables.js';
import { ToldMerge1795321000001 } from './told-merge.js';
import { State1764000000003 } from './state.js';

/** Tables of a service that publishes: outbox, routes, cursors. */
export const outboxMigrations = [
  Outbox1764000000001,
  OutboxClosed1795312800082,
  OutboxPacked1795312800150,
  OutboxUnvacuumed1795313000004,
];
/** Tables of a service that refuses records: its quarantine. */
export const quarantineMigrations = [
  Quarantine1764000000002,
  QuarantineOrigin1764000000005,
  QuarantineRow1795318000001,
];
/** Tables of a service that consumes, beside its quarantine: what it has taken, and dead letters. */
export const consumingMigrations = [Subscribe1763769600000, BareEnd1795323000001];
/** All tables of a domain. */
export const domainMigrations = [
  Outbox1764000000001,
  Quarantine1764000000002,
  State1764000000003,
  Intake1764000000004,
  QuarantineOrigin1764000000005,
  Retention1764000000010,
  RecordKeeper1764000000011,
  Subscribe1763769600000,
  PartMark1764000000012,
  OutboxClosed1795312800082,
  Choices1795312800120,
  OutboxPacked1795312800150,
  OutboxUnvacuumed1795313000004,
  PartMarkInOrder1795313000005,
  QuarantineRow1795318000001,
  Restriction1795316000001,
  RecordClosed1795319000001,
  ToldMerge1795321000001,
  PartFormer1795322000001,
  BareEnd1795323000001,
];
