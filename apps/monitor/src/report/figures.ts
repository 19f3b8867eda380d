import type { Pool } from 'pg';

/** Findings of one topic that wait to be told, oldest first, with the totals since the beginning. */
type WaitingFindings = {
  findings: {
    partition: number;
    offset: number;
    step: string;
    code: string;
    path: string | null;
    schemaId: number | null;
    publisher: string | null;
    writtenAt: string;
  }[];
  totals: { records: number; findings: number };
};

/** What a topic's window holds. Counts, sizes in bytes, times in milliseconds. */
type Figures = {
  records: number;
  live: number;
  findings: number;
  bytes: number;
  timely: number;
  late: number;
  slowestMs: number;
  newestAt: string | null;
  stated: { field: string; records: number }[];
  versions: { schemaId: number; records: number; newestAt: string | null }[];
};

const MOST_AT_ONCE = 200;

type FindingRow = {
  partition: number;
  offset: string;
  step: string;
  code: string;
  path: string | null;
  schema_id: string | null;
  publisher: string | null;
  written_at: Date;
};
type TallyRow = Record<
  'schema_id' | 'records' | 'live' | 'findings' | 'bytes' | 'timely' | 'late' | 'slowest_ms',
  string
> & { newest_at: Date | null };

/** Reads what is to be told. */
export class FigureStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async waiting(topic: string): Promise<WaitingFindings> {
    const { rows } = await this.#pool.query<FindingRow>(
      `SELECT partition, "offset", step, code, path, schema_id, publisher, written_at FROM finding
        WHERE topic = $1 ORDER BY written_at, partition, "offset" LIMIT $2`,
      [topic, MOST_AT_ONCE],
    );
    const totals = await this.#pool.query<{ records: string; findings: string }>(
      'SELECT records, findings FROM topic_total WHERE topic = $1',
      [topic],
    );
    const { records = 0, findings = 0 } = totals.rows[0] ?? {};
    return {
      findings: rows.map(findingOf),
      totals: { records: Number(records), findings: Number(findings) },
    };
  }

  /** Takes findings that were told off the list. */
  async told(topic: string, { findings }: WaitingFindings): Promise<void> {
    await this.#pool.query(
      `DELETE FROM finding f USING unnest($2::integer[], $3::bigint[]) AS u(partition, place)
        WHERE f.topic = $1 AND f.partition = u.partition AND f."offset" = u.place`,
      [topic, findings.map(({ partition }) => partition), findings.map(({ offset }) => offset)],
    );
  }

  /** What the topic holds since `from`. */
  async figures(topic: string, from: Date): Promise<Figures> {
    const tallies = await this.#pool.query<TallyRow>(
      `SELECT schema_id, sum(records) AS records, sum(live) AS live, sum(findings) AS findings,
              sum(bytes) AS bytes, sum(timely) AS timely, sum(late) AS late, max(slowest_ms) AS slowest_ms,
              max(newest_at) AS newest_at
         FROM tally WHERE topic = $1 AND part >= $2 GROUP BY schema_id ORDER BY schema_id`,
      [topic, from],
    );
    const stated = await this.#pool.query<{ field: string; stated: string }>(
      `SELECT field, sum(stated) AS stated FROM stated_field
        WHERE topic = $1 AND part >= $2 GROUP BY field ORDER BY field`,
      [topic, from],
    );
    return figuresOf(
      tallies.rows,
      stated.rows.map((row) => ({ field: row.field, records: Number(row.stated) })),
    );
  }
}

function findingOf(row: FindingRow): WaitingFindings['findings'][number] {
  const { partition, step, code, path, publisher } = row;
  const schemaId = row.schema_id === null ? null : Number(row.schema_id);
  const writtenAt = row.written_at.toISOString();
  return {
    partition,
    offset: Number(row.offset),
    step,
    code,
    path,
    schemaId,
    publisher,
    writtenAt,
  };
}

function figuresOf(rows: readonly TallyRow[], stated: Figures['stated']): Figures {
  const sum = (name: keyof TallyRow) => rows.reduce((total, row) => total + Number(row[name]), 0);
  const times = rows.flatMap(({ newest_at: at }) => (at ? [at.getTime()] : []));
  return {
    records: sum('records'),
    live: sum('live'),
    findings: sum('findings'),
    bytes: sum('bytes'),
    timely: sum('timely'),
    late: sum('late'),
    slowestMs: Math.max(0, ...rows.map((row) => Number(row.slowest_ms))),
    newestAt: times.length > 0 ? new Date(Math.max(...times)).toISOString() : null,
    stated,
    versions: rows
      .filter((row) => Number(row.schema_id) > 0)
      .map((row) => ({
        schemaId: Number(row.schema_id),
        records: Number(row.records),
        newestAt: row.newest_at?.toISOString() ?? null,
      })),
  };
}
