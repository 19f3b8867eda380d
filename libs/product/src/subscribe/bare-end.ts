import type { MigrationInterface, QueryRunner } from 'typeorm';

import type { Origin } from './received.js';

/** Where a tombstone without headers of the mesh was read, which is all that tells it from another: `3:17`. */
export const bareEnd = ({ partition, offset }: Pick<Origin, 'partition' | 'offset'>): string =>
  `${partition}:${offset}`;

/**
 * Whether a bare tombstone is one that was taken before, or lies before it: read once more, it must not end what came since.
 * A record's key has one partition; in another one, after a topic was made anew, nothing is known of it.
 */
export function wasTaken(end: string, last: string | null): boolean {
  if (last === null) return false;
  const [partition, offset] = end.split(':');
  const [lastPartition, lastOffset] = last.split(':');
  return partition === lastPartition && BigInt(offset!) <= BigInt(lastOffset!);
}

/** `bare_at`: where the last bare tombstone that ended a record was read. */
export class BareEnd1795323000001 implements MigrationInterface {
  readonly name = 'BareEnd1795323000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE inbox_record ADD COLUMN bare_at text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE inbox_record DROP COLUMN bare_at`);
  }
}
