import { readFileSync } from 'node:fs';
import type { Mode } from '@caremesh/product';

/** Which sending facilities (MSH-4) are let in, and the ODS code each stands for. */
export type Senders = {
  /**
   * The ODS code of the trust, or null if the facility is not on the list. Where the peer has a certificate and the list
   * binds the facility to names, it must be for one of them: or any hospital could write for another.
   */
  odsOf(facility: string, certified?: Certified): string | null;
  /** Facilities of the list that whoever has a certificate may name. */
  unbound: string[];
};

/** Whether a peer's certificate is for the host of this name. */
export type Certified = (host: string) => boolean;

/** What the list says of a facility; no certificate: it is bound to none. */
type Sender = { ods: string; certificates: string[] };

/** The mesh's reference data, which governance reads too: one list of who a code stands for. */
const REFERENCE = '../../../../schemas/mesh/organisations/organisations.json';
const { organisations } = JSON.parse(readFileSync(new URL(REFERENCE, import.meta.url), 'utf8')) as {
  organisations: { ods: string; kind: string }[];
};
const TRUSTS: ReadonlySet<string> = new Set(
  organisations.filter(({ kind }) => kind === 'nhs-trust').map(({ ods }) => ods),
);

/**
 * The allow-list of a mode. `MESH_SENDERS_FILE` names a JSON file `{"<MSH-4>": "<ODS code>", …}`, or in place of a code
 * `{"ods": "<ODS code>", "certificates": ["<host>", …]}`: in production the whole list, elsewhere an addition to every
 * English trust as itself.
 * @throws Error naming the setting if production has no file, or the file is not such a list.
 */
export function sendersOf(mode: Mode, settings: NodeJS.ProcessEnv): Senders {
  const file = settings['MESH_SENDERS_FILE'];
  const named = file ? listFrom(file) : null;
  if (mode === 'production' && !named)
    throw new Error(
      'MESH_SENDERS_FILE is not set: in production it names every sending facility and its ODS code',
    );
  return {
    odsOf: (facility, certified) => {
      const sender = named?.get(facility);
      if (sender) return isFrom(sender, certified) ? sender.ods : null;
      return mode !== 'production' && TRUSTS.has(facility) ? facility : null;
    },
    unbound: [...(named ?? [])].flatMap(([facility, { certificates }]) =>
      certificates.length === 0 ? [facility] : [],
    ),
  };
}

const isFrom = ({ certificates }: Sender, certified: Certified | undefined): boolean =>
  certificates.length === 0 || certified === undefined || certificates.some(certified);

/**
 * True for codes of the Organisation Data Service that can issue a patient's local identifier: a known trust,
 * one of its sites (five characters that begin with the trust's), or a practice. A shape alone will not do:
 * `PAS` and `MRN` look like trust codes and are none.
 */
export const isOdsCode = (text: string): boolean =>
  /^[A-Z]\d{5}$/.test(text) || isTrustOrSite(text);

/** True for the code of a known trust, or of one of its sites. */
export const isTrustOrSite = (text: string): boolean =>
  /^[A-Z0-9]{3}(?:[A-Z0-9]{2})?$/.test(text) && TRUSTS.has(text.slice(0, 3));

function listFrom(file: string): Map<string, Sender> {
  const list: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof list !== 'object' || list === null || Array.isArray(list))
    throw new Error('MESH_SENDERS_FILE is not a JSON object of facility to ODS code');
  return new Map(
    Object.entries(list).map(([facility, value]): [string, Sender] => {
      const {
        ods,
        certificates = [],
        ...more
      } = typeof value === 'string' ? { ods: value } : (value ?? {});
      if (isCode(ods) && areHosts(certificates) && Object.keys(more).length === 0)
        return [facility, { ods, certificates }];
      throw new Error(
        `MESH_SENDERS_FILE gives "${facility}" neither an ODS code nor {"ods": "<ODS code>", "certificates": ["<host>", …]}`,
      );
    }),
  );
}

const isCode = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Z0-9]{3,6}$/.test(value);

const areHosts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
