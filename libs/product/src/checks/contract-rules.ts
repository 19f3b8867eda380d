import { compileChecks, CONTRACT_ERRORS } from '@caremesh/contract';
import type { DataContract } from '@caremesh/contract';

import { fault } from '../errors.js';
import type { Fault, FaultName } from '../errors.js';
import type { ValueRules } from './checks.js';

/**
 * The contract library's findings in the words of intake: a source's publisher sees one code for one kind of
 * fault, whether its reader or its contract found it.
 */
const AS_FAULT: Partial<Record<keyof typeof CONTRACT_ERRORS, FaultName>> = {
  noIdentity: 'personMissing',
  missingField: 'fieldMissing',
  unknownCode: 'codeUnknown',
  tooLong: 'fieldTooLong',
  outOfRange: 'numberOutOfRange',
  odsCodeShape: 'odsMalformed',
  nhsNumberShape: 'nhsNumberMalformed',
  nhsNumberCheckDigit: 'nhsNumberCheckDigit',
  wrongType: 'schemaMismatch',
  unknownField: 'schemaMismatch',
  notAnObject: 'schemaMismatch',
  pattern: 'fieldRule',
};

const byCode = new Map(
  Object.entries(AS_FAULT).map(([name, as]) => [
    CONTRACT_ERRORS[name as keyof typeof CONTRACT_ERRORS].code as string,
    as,
  ]),
);

/** The rules of a contract about the values of one record. */
export function contractRules(contract: DataContract): ValueRules {
  const check = compileChecks(contract);
  return (record) => {
    const findings = check(record);
    return findings.length === 0 ? NONE : findings.map(({ path, code }) => asFault(path, code));
  };
}

const NONE: Fault[] = [];

const asFault = (path: string, code: string): Fault =>
  fault(byCode.get(code) ?? 'fieldRule', `/${path.replaceAll('.', '/')}`);
