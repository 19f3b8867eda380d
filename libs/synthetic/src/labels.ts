export type Setting = 'gp' | 'acute' | 'community' | 'social-care';

/** What a test may expect of one record (`index` in its file) or of one whole file (`index` null). */
export type Label = {
  setting: Setting;
  file: string;
  index: number | null;
  /**
   * `quarantined`: landed and put aside; `refused`: the whole file; `accepted`: only looks wrong; `unchanged`: said
   * before, or older than what was said before.
   */
  outcome: 'quarantined' | 'refused' | 'accepted' | 'unchanged';
  kind: string;
  code: string | null;
};

/** A file of the sample: what it is, and how many of its records are good, faulty and of a kind left unused. */
export type SourceFile = {
  setting: Setting;
  file: string;
  contentType: string;
  part?: string;
  good: number;
  faulty: number;
  notUsed: number;
};
