/**
 * Connection options for statements that look rows up by their keys, and do nothing else. A statement that is prepared
 * while its table is nearly empty is planned to read all of it, and goes on doing so until the next analyze, a minute
 * later at best: on a new domain 20 connections of messages had 40 million rows of `person` read for 40,000 of them.
 */
export const BY_KEY = ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin', 'sort']
  .map((way) => `-c enable_${way}=off`)
  .join(' ');
