import type { ErrorEntry } from '@caremesh/platform';

/** The closed list of faults of the identity provider. */
export const identityErrors = {
  production: {
    code: 'MESH-5301',
    status: 500,
    title: 'This identity provider is for development and tests only',
    fix: "Set MESH_OIDC_ISSUER to the site's own identity provider and do not start this one.",
    retriable: false,
  },
  keyUnreadable: {
    code: 'MESH-5302',
    status: 500,
    title: 'The signing key cannot be read',
    fix: 'Restore the file, or delete it: a new key is made and every token becomes invalid.',
    retriable: false,
  },
  unknownClient: {
    code: 'MESH-5303',
    status: 404,
    title: 'No such client',
    fix: 'Check the name; a domain is known once its secret file exists.',
    retriable: false,
  },
  subjectMismatch: {
    code: 'MESH-5304',
    status: 422,
    title: 'The subject does not fit the kind of client',
    fix: 'A grant has a subject "grant-...", a domain a subject "domain-...".',
    retriable: false,
  },
  seededClient: {
    code: 'MESH-5305',
    status: 409,
    title: 'A client of the mesh itself cannot be changed',
    fix: 'Use another client id.',
    retriable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
