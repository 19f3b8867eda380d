import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSources, type Label, type Setting, type SourceFile } from '@caremesh/synthetic';
import { afterAll, expect, it } from 'vitest';

const PEOPLE = 300;
/** Every kind comes of many people: also of those that a setting knows less of than of others. */
const FAULT_SHARE = 0.6;
const SEEDS = 5;
/** Code lists are the contract's: they are checked on the mapped record. */
const CHECKED_LATER = 'unknown-code';

/** The bytes of a file, as intake gets them. */
export type Body = () => AsyncGenerator<Buffer>;

/**
 * Specs that a setting's own readers take every good item of the generator's files, and refuse every labelled one under its
 * code and no other. `codesOf` reads one file: the codes of each item in turn, none of a good one; it rejects with the refusal of a whole
 * file, whose `fault` has the code. Returns every label, of all settings.
 */
export function labelledAreRefused(
  setting: Setting,
  codesOf: (file: SourceFile, body: Body) => Promise<string[][]>,
): Label[] {
  return Array.from({ length: SEEDS }, (_, n) =>
    labelledOf(setting, `${setting}-${n}`, codesOf),
  ).flat();
}

function labelledOf(
  setting: Setting,
  seed: string,
  codesOf: (file: SourceFile, body: Body) => Promise<string[][]>,
): Label[] {
  const outDir = mkdtempSync(join(tmpdir(), `caremesh-${setting}-`));
  afterAll(() => rmSync(outDir, { recursive: true }));
  const { files, labels } = writeSources({
    ...{ seed, people: PEOPLE, outDir, faultShare: FAULT_SHARE },
  });
  const all = readFileSync(join(outDir, labels), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Label);

  it.each(files.filter((file) => file.setting === setting))(
    `${seed}, $file: every good item is taken, every labelled one refused under its code`,
    async (file) => {
      const wanted = all.filter((one) => one.file === file.file && one.kind !== CHECKED_LATER);
      const reading = codesOf(file, async function* () {
        yield await Promise.resolve(readFileSync(join(outDir, file.file)));
      });
      const whole = wanted.find(({ index }) => index === null);
      if (whole?.outcome === 'refused') {
        await expect(reading).rejects.toMatchObject({ fault: { code: whole.code } });
        return;
      }
      const byIndex = new Map(wanted.map(({ index, code }) => [index, code]));
      for (const [index, codes] of (await reading).entries()) {
        const code = byIndex.get(index);
        expect([index, codes]).toEqual([index, code ? [code] : []]);
      }
    },
  );
  return all;
}
