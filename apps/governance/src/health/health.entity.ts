import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A record that should not be there: where, why, and who it says it comes from. Never what is in it. */
export type LastFinding = {
  topic: string;
  partition: number;
  offset: number;
  step: string;
  code: string;
  path: string | null;
  schemaId: number | null;
  /** ODS code the record names as its source; the record is no proof of it. */
  publisher: string | null;
  /** The domain whose topic it is: only its principal may write there. */
  domain: string;
  at: string;
};

/** A promise of the contract that is not kept now. */
export type Breach = {
  promise: 'freshness' | 'completeness';
  /** The field that is to be stated. */
  field?: string;
  /** As the contract says it: `PT15M`, or percent. */
  promised: string | number;
  /** Milliseconds, or percent. */
  measured: number;
  sentence: string;
};

/** How a major of a product stands. */
@Entity('product_standing')
export class ProductStandingEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'PK_product_standing' })
  product!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'PK_product_standing' })
  major!: number;

  @Column({ type: 'text', default: 'unknown' })
  conformance!: 'unknown' | 'conforming' | 'breached';

  @Column({ name: 'conformance_since', type: 'timestamptz', precision: 3, nullable: true })
  conformanceSince!: Date | null;

  @Column({ name: 'last_found_at', type: 'timestamptz', precision: 3, nullable: true })
  lastFoundAt!: Date | null;

  @Column({ name: 'last_finding', type: 'jsonb', nullable: true })
  lastFinding!: LastFinding | null;

  /** How many records were looked at and how many findings there were, since the monitor began. */
  @Column({ type: 'jsonb', nullable: true })
  totals!: { records: number; findings: number } | null;

  @Column({ type: 'jsonb', default: [] })
  breaches!: Breach[];

  @Column({ name: 'health_since', type: 'timestamptz', precision: 3, nullable: true })
  healthSince!: Date | null;
}

/** The newest numbers of one who measures. */
@Entity('product_measure')
export class ProductMeasureEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'PK_product_measure' })
  product!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'PK_product_measure' })
  major!: number;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'PK_product_measure' })
  source!: 'monitor' | 'domain';

  @Column({ type: 'jsonb' })
  numbers!: Record<string, unknown>;

  @Column({ name: 'measured_at', type: 'timestamptz', precision: 3 })
  measuredAt!: Date;
}

/** One record that should not be there. The newest thousand of a product are listed; all are counted. */
@Entity('conformance_finding')
@Index('conformance_finding_by_product', ['product', 'foundAt'])
export class FindingEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'PK_conformance_finding' })
  topic!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'PK_conformance_finding' })
  partition!: number;

  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'PK_conformance_finding' })
  offset!: string;

  @Column({ type: 'text' })
  product!: string;

  @Column({ type: 'integer' })
  major!: number;

  @Column({ type: 'text' })
  step!: string;

  @Column({ type: 'text' })
  code!: string;

  @Column({ type: 'text', nullable: true })
  path!: string | null;

  @Column({ name: 'schema_id', type: 'bigint', nullable: true })
  schemaId!: string | null;

  @Column({ type: 'text', nullable: true })
  publisher!: string | null;

  @Column({ name: 'written_at', type: 'timestamptz', precision: 3 })
  writtenAt!: Date;

  @Column({ name: 'found_at', type: 'timestamptz', precision: 3 })
  foundAt!: Date;
}
