export { adtMessages } from './formats/adt.js';
export { CLD, cldLines } from './formats/cld.js';
export { CSDS, CSDS_PARTS, csdsLines } from './formats/csds.js';
export { bundleOf, ndjsonLines } from './formats/fhir.js';
export { lifeOf, lives } from './life/life.js';
export type { Life } from './life/life.js';
export type { Label, Setting, SourceFile } from './labels.js';
export { faultyVersions } from './faults/versions.js';
export { writeSources } from './write.js';
