import type { Purpose } from '../promise/data-contract.js';

/** What sort of difference it is, for the rules that ask for a certain decision. */
export type ChangeKind =
  | 'product-added'
  | 'major-opened'
  | 'field-added'
  | 'field-removed'
  | 'type'
  | 'default'
  | 'symbols'
  | 'naming'
  | 'order'
  | 'attribute'
  | 'documentation'
  | 'codes'
  | 'meaning'
  | 'wording'
  | 'limits'
  | 'presence'
  | 'classification'
  | 'treatment-loosened'
  | 'treatment-tightened'
  | 'purpose-added'
  | 'purpose-removed'
  | 'legal-basis'
  | 'promise'
  | 'ownership';

/** One difference between two versions of a product, as a governance lead reads it. */
export type Change = {
  /** Field path (`dischargeMethod`, `activities[].ucumUnit`), or `$.purposes` and the like for the contract itself. */
  path: string;
  /** `breaking`: a reader or writer of the other version fails or is misled. `visible`: consumers see a difference. */
  class: 'breaking' | 'visible' | 'safe';
  sentence: string;
  kind?: ChangeKind;
  /** For a change about one purpose: grants for any other do not notice. */
  purpose?: Purpose;
};

/** A change of that class; what each means is said at `Change`. */
export const breaking = (path: string, kind: ChangeKind, sentence: string): Change => ({
  path,
  class: 'breaking',
  sentence,
  kind,
});
/** As `breaking`, of its own class. */
export const visible = (path: string, kind: ChangeKind, sentence: string): Change => ({
  path,
  class: 'visible',
  sentence,
  kind,
});
/** As `breaking`, of its own class. */
export const safe = (path: string, kind: ChangeKind, sentence: string): Change => ({
  path,
  class: 'safe',
  sentence,
  kind,
});
