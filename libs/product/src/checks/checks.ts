import { fault, ProductError } from '../errors.js';
import type { Fault } from '../errors.js';
import { contradictsNumber } from '../person/nhs-number.js';
import type { Content } from '../state/codec.js';
import { classificationCheck } from './classification.js';
import type { IdentifierRules } from './classification.js';
import { atSource } from './places.js';
import type { PlacesBy } from './places.js';
import type { Candidate, RecordCheck } from './record-check.js';

/** What the contract says about values: code lists, required fields, rules (compiled by the contract library). */
export type ValueRules = (record: Content) => Fault[];

/** Largest record, encoded: a sixteenth of what our broker takes as one message, a quarter of what one does where nobody sets it. */
const MOST_BYTES = 256 * 1024;

/** The checks of a product in their order: each may count on those before it. */
export function standardChecks(rules: ValueRules, identifiers: IdentifierRules): RecordCheck[] {
  return [
    keyCheck,
    schemaCheck,
    {
      name: 'values',
      run: ({ identity, content, codec }) => rules(codec.whole(identity, content)),
    },
    classificationCheck(identifiers),
    sizeCheck,
  ];
}

/**
 * Runs checks in order and stops at the first that fails: what comes after could not be relied on.
 * An empty list is refused when it is made, not when the first record passes unchecked.
 */
export class Checks {
  constructor(
    private readonly product: string,
    private readonly list: readonly RecordCheck[],
    /** Where fields come from: their faults name that. */
    private readonly places: PlacesBy = {},
  ) {
    if (list.length === 0) throw new ProductError('noChecks', product);
  }

  /** The first failing step with its faults, or null if the record may be committed. */
  run(candidate: Candidate): { step: string; errors: Fault[] } | null {
    for (const check of this.list) {
      const errors = check.run(candidate);
      if (errors.length > 0)
        return { step: check.name, errors: errors.map((one) => atSource(one, this.places)) };
    }
    return null;
  }
}

const keyCheck: RecordCheck = {
  name: 'key',
  run: ({ identity: { record, person, publisherOds } }) => {
    const errors: Fault[] = [];
    if (record === '') errors.push(fault('recordIdMissing', '/recordId'));
    if (person.nhsNumber === null && person.local === null) {
      errors.push(fault('personMissing', '/nhsNumber'));
    } else if (contradictsNumber(person.nhsNumberStatus, person.nhsNumber)) {
      errors.push(fault('nhsNumberStatusConflict', '/nhsNumberStatus'));
    }
    if (person.local && person.local.issuer === '') {
      errors.push(fault('localIdIssuerMissing', '/localPatientIdIssuer'));
    }
    if (publisherOds === '') errors.push(fault('publisherMissing', '/publisherOds'));
    return errors;
  },
};

/** Encoding is the check: a record that does not fit cannot be encoded. Only then the path is looked for. */
const schemaCheck: RecordCheck = {
  name: 'schema',
  run: (candidate) => {
    const { identity, content, codec } = candidate;
    try {
      candidate.state = codec.state(identity, content);
      return [];
    } catch {
      return [fault('schemaMismatch', codec.pathOf(identity, content) ?? '/')];
    }
  },
};

const sizeCheck: RecordCheck = {
  name: 'size',
  run: ({ state }) => (state && state.length > MOST_BYTES ? [fault('recordTooLarge', '/')] : []),
};
