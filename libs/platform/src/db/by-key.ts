/**
 * Connection options for statements that look rows up by their keys, and do nothing else. A statement that is prepared
 * while its table is nearly empty is planned to read all of it, and goes on doing so until the next analyze, a minute
 * later at best: on a new domain 20 connections of messages had 40 million rows of `person` read for 40,000 of them.
 * There is then one plan whatever the values are: planning each statement anew for its values took a seventh of what a
 * lone record costs the database (37 against 32 % of a core at 200 records a second).
 */
export const BY_KEY = [
  ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((way) => `enable_${way}=off`),
  'plan_cache_mode=force_generic_plan',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');
