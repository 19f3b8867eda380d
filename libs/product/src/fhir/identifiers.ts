import { numbersNoRecord } from '../person/identifier-type.js';
import { isNhsNumberSystem } from '../person/nhs-number.js';
import { compareParts } from '../person/order.js';
import type { PersonRef } from '../person/person-ref.js';
import { byEnd, endOf } from './ended.js';
import type { Lasting } from './ended.js';

type Local = NonNullable<PersonRef['local']>;
type Coding = { system?: string | undefined; code?: string | undefined };
/** An identifier as FHIR R4 has it, as much as tells what it numbers, and until when. */
type Identifier = Lasting & {
  type?: { coding?: readonly Coding[] | undefined; text?: string | undefined } | undefined;
  system?: string | undefined;
  value?: string | undefined;
};

/** HL7's table of identifier types by its address, by the one it had before, and by its object identifier. */
const TABLE_0203 = /(?:[/:]v2[-/]0203|\b2\.16\.840\.1\.113883\.18\.108)$/i;

/** True for an identifier that is there and not said to be an old one. */
export const isStatedIdentifier = ({ use, value }: Identifier): boolean =>
  use !== 'old' && Boolean(value?.trim());

/** True for an identifier by which a local system may know a person's record. */
export const isLocalIdentifier = ({ system, type }: Identifier): boolean =>
  !isNhsNumberSystem(system) && !(type?.coding ?? []).some(isOfNoRecord);

/** A code of a table of somebody's own means what they say: PRN may be a patient's record number there. */
const isOfNoRecord = ({ system, code }: Coding): boolean =>
  code !== undefined && (!system || TABLE_0203.test(system)) && numbersNoRecord(code);

/**
 * The local identifiers by which a person is known, of stated ones whose issuer is told: the one that counts first, then those that
 * are as good as it. The same in whatever order they come: a medical record number first, then one of the patient's own record
 * keeper, then what ends last, and then one order is as good as any, if it is always the same.
 *
 * Only those of the numbering system of the first are as good: the same issuer, system and type. The key of a person is issuer and
 * number, and two numbering systems share numbers: the number of a family, a card or a former system of the same issuer may be the
 * record number of somebody else. Their record under this patient's NHS number is worse than two of one person that are apart.
 *
 * Where all have ended, the first of them alone: it tells who it was, the others nothing more. Beside an NHS number it does not even
 * do that: the number may have been given to somebody else since.
 */
export function localsOf<I extends Identifier>(
  identifiers: readonly I[],
  issuerOf: (one: I) => string | null | undefined,
  about: { keeper: string | null; time: number | null; isNumbered: boolean },
): Local[] {
  const issued = identifiers.flatMap((one) => {
    const issuer = issuerOf(one);
    return issuer ? [{ one, issuer, id: one.value!.trim() }] : [];
  });
  const { current, ended } = byEnd(issued, ({ one }) => one, about.time);
  const last = about.isNumbered ? [] : ended;
  const ordered = (current.length > 0 ? current : last)
    .map(({ one, issuer, id }) => {
      const isRecordNumber = one.type?.coding?.some(({ code }) => code === 'MR') ?? false;
      const numbering = numberingOf(one, issuer);
      const ranks = [isRecordNumber ? 0 : 1, issuer === about.keeper ? 0 : 1, -endOf(one)];
      return { local: { issuer, id }, numbering, order: [...ranks, issuer, id, numbering] };
    })
    .sort((one, other) => compareParts(one.order, other.order));
  const [first] = ordered;
  if (!first || current.length === 0) return first ? [first.local] : [];
  const alike = ordered.filter(({ numbering }) => numbering === first.numbering);
  return [...new Map(alike.map(({ local }) => [local.id, local])).values()];
}

/** What tells one numbering system from another. */
function numberingOf({ system, type }: Identifier, issuer: string): string {
  const codes = type?.coding?.flatMap(({ code }) => code ?? []) ?? [];
  const types = codes.length > 0 ? [...new Set(codes)].sort() : [type?.text?.trim() ?? ''];
  return JSON.stringify([issuer, system ?? '', ...types]);
}
