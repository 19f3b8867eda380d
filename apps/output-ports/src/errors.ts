import type { ErrorEntry } from '@caremesh/platform';

/** The closed list of faults of the output ports. */
export const outputPortErrors = {
  governanceUnavailable: {
    code: 'MESH-4501',
    status: 503,
    title: 'Governance cannot be asked',
    fix: 'Nothing to do: ports that are open go on until their grant ends, new ones wait.',
    retriable: true,
  },
  contractMissing: {
    code: 'MESH-4502',
    status: 503,
    title: 'The contract of a product cannot be read',
    fix: 'See that governance holds a published version of the product.',
    retriable: true,
  },
  grantNotFound: {
    code: 'MESH-4503',
    status: 404,
    title: 'There is no such grant that you may see',
    fix: 'List yours with `mesh grant list`.',
    retriable: false,
  },
  holderOnly: {
    code: 'MESH-4504',
    status: 403,
    title: 'Only who asked for the grant may do this',
    fix: 'Ask the requester; `mesh grant show` names them.',
    retriable: false,
  },
  noActiveView: {
    code: 'MESH-4505',
    status: 409,
    title: 'The grant has no view that can be given out as tables',
    fix: 'Wait until it is active; a grant for individual care is read from its topic alone.',
    retriable: false,
  },
  portNotOpen: {
    code: 'MESH-4506',
    status: 409,
    title: 'The output port of the grant is not open',
    fix: 'Open it with `mesh port open <grant>`.',
    retriable: false,
  },
  twoSqlCredentials: {
    code: 'MESH-4507',
    status: 409,
    title: 'Two SQL credentials of the grant are live already',
    fix: 'End one with `mesh port end-credential <grant> <user>` first.',
    retriable: false,
  },
  sqlCredentialNotFound: {
    code: 'MESH-4508',
    status: 404,
    title: 'The grant has no such live SQL credential',
    fix: 'See the live ones with `mesh port show <grant>`.',
    retriable: false,
  },
  fileNotFound: {
    code: 'MESH-4509',
    status: 404,
    title: 'There is no such file of a snapshot',
    fix: 'List the newest with `mesh port snapshots <grant>`; the next snapshot takes the place of the last.',
    retriable: false,
  },
  unaskable: {
    code: 'MESH-4511',
    status: 422,
    title: 'The view cannot be asked by these columns',
    fix: 'Use those that each error names; they classify, and are in the view.',
    retriable: false,
  },
  tooManyCells: {
    code: 'MESH-4512',
    status: 422,
    title: 'The answer would have too many cells',
    fix: 'Ask by fewer columns, or for some of their values.',
    retriable: false,
  },
  tooManyQuestions: {
    code: 'MESH-4513',
    status: 409,
    title: 'The organisation has asked this product too many different questions',
    fix: 'Repeat one that was answered, or ask the product owner for the figures you need.',
    retriable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
