import type { Finding } from '../errors.js';
import type { DataContract } from '../promise/data-contract.js';
import type { Standard, StandardRule } from '../standards/standard.js';

/** A rule at work: the data, the standard it belongs to, the contract, and where fields stand in its file. */
type AtWork = {
  rule: StandardRule;
  standard: Standard;
  contract: DataContract;
  placeOf: (path: string) => string;
};

/** One kind of rule, one file. */
export type RuleKind = (work: AtWork) => Finding[];
