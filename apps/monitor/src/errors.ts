import type { ErrorEntry } from '@caremesh/platform';

/** The closed list of faults of the monitor. */
export const monitorErrors = {
  governanceUnavailable: {
    code: 'MESH-7001',
    status: 503,
    title: 'Governance cannot be asked',
    fix: 'Nothing to do: topics that are known are looked through; what was found waits.',
    retriable: true,
  },
  contractMissing: {
    code: 'MESH-7002',
    status: 503,
    title: 'The contract of a product cannot be read',
    fix: 'See that governance holds a published version of the product.',
    retriable: true,
  },
} as const satisfies Record<string, ErrorEntry>;
