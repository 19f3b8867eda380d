export { build, type TestStack } from './base-stack.js';
export {
  allow,
  brokerAdmin,
  brokerProducer,
  can,
  createTopics,
  domainRules,
  grantRules,
  match,
  of,
  registerSchema,
  type Rule,
} from './broker.js';
export { dayFromNow } from './days.js';
export { testDatabase, type TestDatabase } from './database.js';
export { labelledAreRefused, type Body } from './labelled.js';
export { statedFields } from './schema-fields.js';
export { inSegments } from './segments.js';
export { sharedStack } from './shared-stack.js';
export {
  clientToken,
  enableDomain,
  newGrantClient,
  personToken,
  secretFileOf,
  seedPerson,
} from './sign-in.js';
export { runMesh, startMesh, type CliResult, type Mesh } from './start-mesh.js';
