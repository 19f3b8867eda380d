import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Merges that were told, by who the person is now, so that they end when that person leaves an edition. Of those told before
 * nothing is held but who became whom: they can be ended, in every product that the domain holds records of.
 */
export class ToldMerge1795321000001 implements MigrationInterface {
  readonly name = 'ToldMerge1795321000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE told_merge (
        person text COLLATE "C" NOT NULL,
        into_person text COLLATE "C" NOT NULL,
        product text NOT NULL,
        survivor text COLLATE "C" NOT NULL,
        ref jsonb,
        publisher_ods text NOT NULL,
        left_out smallint NOT NULL,
        PRIMARY KEY (person, into_person, product)
      )`);
    await runner.query(`CREATE INDEX told_merge_survivor ON told_merge (survivor)`);
    // UNION, not UNION ALL: a chain that runs in a circle ends here too.
    await runner.query(`
      WITH RECURSIVE led AS (
        SELECT person, merged_into AS into_person, merged_into AS survivor FROM person WHERE merged_into IS NOT NULL
        UNION
        SELECT led.person, led.into_person, next.merged_into FROM led
        JOIN person AS next ON next.person = led.survivor WHERE next.merged_into IS NOT NULL)
      INSERT INTO told_merge (person, into_person, product, survivor, publisher_ods, left_out)
      SELECT led.person, led.into_person, held.product, led.survivor, '', 0 FROM led
      LEFT JOIN person AS last ON last.person = led.survivor
      CROSS JOIN (SELECT DISTINCT product FROM record) AS held
      WHERE last.merged_into IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE told_merge`);
  }
}
