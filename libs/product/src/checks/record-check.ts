import type { Fault } from '../errors.js';
import type { Codec, Content, Identity } from '../state/codec.js';

/** A record as a mapping made it, before it may be committed. */
export type Candidate = {
  identity: Identity;
  content: Content;
  codec: Codec;
  /** Set by the schema check: the record encoded as state. */
  state: Buffer | null;
};

/** One idea per check. It names what is wrong by path; an empty list is a pass. */
export type RecordCheck = { name: string; run(candidate: Candidate): Fault[] };
