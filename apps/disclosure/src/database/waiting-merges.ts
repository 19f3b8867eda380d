import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A merge that waits keeps what its record says of itself by name, as it is written, and no longer as a list of headers. */
export class WaitingMerges1795312800113 implements MigrationInterface {
  readonly name = 'WaitingMerges1795312800113';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE view_merge RENAME COLUMN headers TO envelope`);
    await runner.query(`
      UPDATE view_merge SET envelope = (
        SELECT jsonb_build_object(
          'key', envelope->'key', 'change', 'MERGED', 'eventId', h->'ce_id',
          'publisherOds', replace(h->>'ce_source', 'urn:ods:', ''),
          'time', h->'ce_time', 'recordedTime', h->'ce_recordedtime', 'sequence', 0,
          'revision', (h->>'ce_recordrevision')::int, 'traceparent', h->'traceparent')
        FROM (SELECT jsonb_object_agg(e->>0, e->1) AS h FROM jsonb_array_elements(envelope->'headers') e) said)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE view_merge SET envelope = jsonb_build_object('key', envelope->'key', 'headers', jsonb_build_array(
        jsonb_build_array('ce_specversion', '1.0'), jsonb_build_array('ce_id', envelope->'eventId'),
        jsonb_build_array('ce_time', envelope->'time'), jsonb_build_array('ce_recordedtime', envelope->'recordedTime'),
        jsonb_build_array('ce_sequence', envelope->>'sequence'),
        jsonb_build_array('ce_recordrevision', envelope->>'revision'),
        jsonb_build_array('traceparent', envelope->'traceparent'),
        jsonb_build_array('content-type', 'avro/binary')))`);
    await runner.query(`ALTER TABLE view_merge RENAME COLUMN envelope TO headers`);
  }
}
