import { isDeepStrictEqual } from 'node:util';
import type { LedgerEntry } from '../ledger/entry.js';

const DICOM = 'http://dicom.nema.org/resources/ontology/DCM';
const HL7 = 'http://terminology.hl7.org/CodeSystem';

type Kind = { code: string; display: string };

/** What an entry is about, by the noun of its action: the event ids of DICOM that FHIR names (audit-event-type). */
const KINDS: Record<string, Kind> = {
  'sign-in': { code: '110114', display: 'User Authentication' },
  quarantine: { code: '110110', display: 'Patient Record' },
  payload: { code: '110110', display: 'Patient Record' },
  grant: { code: '110135', display: 'Object Security Attributes Changed' },
  access: { code: '110135', display: 'Object Security Attributes Changed' },
  domain: { code: '110136', display: 'Security Roles Changed' },
  drift: { code: '110129', display: 'Security Configuration' },
};
const ANY: Kind = { code: '110100', display: 'Application Activity' };

/** What was done, by the verb of its action (FHIR audit-event-action); whatever else is done is an execution. */
const VERBS: Record<string, 'C' | 'R' | 'U' | 'D'> = {
  proposed: 'C',
  requested: 'C',
  registered: 'C',
  accepted: 'C',
  permitted: 'C',
  'credential-made': 'C',
  made: 'C',
  revealed: 'R',
  repaired: 'U',
  suspended: 'U',
  renewed: 'U',
  withdrawn: 'D',
  revoked: 'D',
  expired: 'D',
  retired: 'D',
  'credential-ended': 'D',
};

/** Verbs of what did not come about (FHIR audit-event-outcome 4, minor failure). */
const FAILURES = ['failed', 'refused-by-checks'];

/**
 * An entry as a FHIR R4 AuditEvent: who (agent), what was done (type, subtype, action), when (recorded), to what
 * (entity), with the particulars and the entry's place in the chain as details of the entity.
 */
export function auditEventOf(entry: LedgerEntry) {
  const { seq, at, actor, role, action, object, detail, hash } = entry;
  const [noun = '', verb = ''] = action.split('.');
  const reason = detail['reason'];
  const isFailure = FAILURES.includes(verb) || action === 'sign-in.refused';
  return {
    resourceType: 'AuditEvent',
    id: `ledger-${seq}`,
    type: { system: DICOM, ...(KINDS[noun] ?? ANY) },
    subtype: [{ system: 'urn:caremesh:ledger-action', code: action }],
    action: VERBS[verb] ?? 'E',
    recorded: at,
    outcome: isFailure ? '4' : '0',
    ...(typeof reason === 'string' && reason !== '' ? { outcomeDesc: reason } : {}),
    agent: [{ role: [{ text: role }], who: named('subject', actor), requestor: true }],
    source: {
      site: 'caremesh',
      observer: named('subject', 'svc-governance'),
      type: [{ system: `${HL7}/security-source-type`, code: '4', display: 'Application Server' }],
    },
    entity: [
      {
        what: named('object', object),
        type: { system: `${HL7}/audit-entity-type`, code: '4', display: 'Other' },
        detail: [['seq', String(seq)], ['hash', hash], ...textsOf(detail)].map(([type, text]) => ({
          type,
          valueString: text,
        })),
      },
    ],
  };
}

function named(kind: 'subject' | 'object', value: string) {
  return { identifier: { system: `urn:caremesh:${kind}`, value } };
}

// A FHIR string is never empty; what is no text is given as JSON.
function textsOf(detail: Record<string, unknown>): [string, string][] {
  return Object.entries(detail)
    .filter(([key, value]) => key !== '' && value !== null && !isDeepStrictEqual(value, ''))
    .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]);
}
