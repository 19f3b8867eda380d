import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { problem } from '@caremesh/platform';
import { z } from 'zod';

import { disclosureErrors } from '../errors.js';

const SNOMED_CT = 'http://snomed.info/sct';

/**
 * Codes that say something the law protects beyond everything else of a record, or that so few people have that they name
 * one: no contract can mark its product as being for such a use, so every product is a general one and they are left out.
 * By code system; a code is meant if it begins with one of these. Systems without a list here are not searched: see README.
 *
 * ICD-10 (5th edition): sexually transmitted infections (A50–A64), of which contact, carriage and screening say as much (Z20.2,
 * Z22.4, Z11.3), as do their manifestations by asterisk (I98.0, K67.0–K67.2, M73.0, M73.1, N29.0, N74.2–N74.4) and in pregnancy
 * (O98.1–O98.3); HIV (B20–B24, F02.4, O98.7, R75, Z11.4, Z20.6, Z21, Z71.7); gender identity (F64); termination of pregnancy,
 * also one that failed (O04, O07); infertility and assisted conception, with what comes of it (N97, N98, Z31).
 * OPCS-4: termination of pregnancy (Q10, Q11, Q14), assisted conception (Q13, Q21, Q38.3), gender (X15).
 */
const SENSITIVE: Record<string, RegExp> = {
  'http://hl7.org/fhir/sid/icd-10-uk':
    /^(A5\d|A6[0-4]|B2[0-4]|F02\.?4|F64|I98\.?0|K67\.?[0-2]|M73\.?[01]|N29\.?0|N74\.?[2-4]|N9[78]|O0[47]|O98\.?[1237]|R75|Z11\.?[34]|Z20\.?[26]|Z21|Z22\.?4|Z31|Z71\.?7)/,
  'https://fhir.hl7.org.uk/Id/opcs-4': /^(Q1[0134]|Q21|Q38\.?3|X15)/,
};

/** SCTID: 6 to 18 digits. */
const CODES = z.strictObject({ [SNOMED_CT]: z.array(z.string().regex(/^\d{6,18}$/)).min(1) });

/** Which codes are in no view. Of SNOMED CT and dm+d, which is a part of it, those of a list that whoever is licensed gives. */
export class SensitiveCodes {
  readonly #snomed: ReadonlySet<string>;

  constructor(snomed: Iterable<string> = []) {
    this.#snomed = new Set(snomed);
  }

  /**
   * Tells what is left out of these code systems from what another list, or another version of this service, leaves out of
   * them; empty where nothing is.
   */
  digestOf(systems: Iterable<string>): string {
    const lists = [...new Set(systems)].sort().flatMap((system) => {
      const list = this.#listOf(system);
      return list === '' ? [] : [`${system} ${list}`];
    });
    return lists.length === 0 ? '' : createHash('sha256').update(lists.join('\n')).digest('hex');
  }

  /**
   * With the list of a JSON file, `{"http://snomed.info/sct": ["<SCTID>", …]}`; without a file only what stands here.
   * @throws MESH-4110: without the list that was asked for nothing is disclosed
   */
  static from(file: string | undefined): SensitiveCodes {
    if (file === undefined) return new SensitiveCodes();
    try {
      return new SensitiveCodes(CODES.parse(JSON.parse(readFileSync(file, 'utf8')))[SNOMED_CT]);
    } catch (cause) {
      throw problem(disclosureErrors.codeListInvalid, file, [], cause);
    }
  }

  /** What must not be shown of a code system; null where everything may be. */
  of(system: string | undefined): ((code: string) => boolean) | null {
    if (system === SNOMED_CT && this.#snomed.size > 0) return (code) => this.#snomed.has(code);
    const pattern = system === undefined ? undefined : SENSITIVE[system];
    return pattern === undefined ? null : (code) => pattern.test(code.toUpperCase());
  }

  #listOf(system: string): string {
    if (system === SNOMED_CT) return [...this.#snomed].sort().join();
    return SENSITIVE[system]?.source ?? '';
  }
}
