/** What can go wrong with the stack itself. Codes 6000–6499; `exit` is the exit code of `mesh`. */
export const stackErrors = {
  prerequisites: {
    code: 'MESH-6001',
    status: 503,
    title: 'Something this machine needs is missing',
    fix: 'Install what is named above, then run the same command again.',
    retriable: false,
    exit: 5,
  },
  notReady: {
    code: 'MESH-6002',
    status: 503,
    title: 'The mesh did not become ready in time',
    fix: 'See the named log files and `npx mesh status`. It goes on trying: start again, which goes on where this ended, or stop it with `npx mesh down`.',
    retriable: true,
    exit: 5,
  },
  supervisorDied: {
    code: 'MESH-6003',
    status: 503,
    title: 'The supervisor of the mesh ended while starting',
    fix: 'See MESH_HOME/logs/supervisor.log.',
    retriable: true,
    exit: 5,
  },
  peopleUnreadable: {
    code: 'MESH-6017',
    status: 503,
    title: 'The file of seeded people holds no JSON',
    fix: 'Mend people.json in MESH_HOME, or delete it: then everybody gets a new password.',
    retriable: false,
    exit: 5,
  },
  issuerSilent: {
    code: 'MESH-6018',
    status: 503,
    title: 'The identity provider of this site gives no answer',
    fix: 'Check MESH_OIDC_ISSUER, and that its discovery document can be had from here.',
    retriable: true,
    exit: 5,
  },
  noPort: {
    code: 'MESH-6004',
    status: 503,
    title: 'No free port was found',
    fix: 'End what occupies the ports between 20000 and 32000 on 127.0.0.1.',
    retriable: true,
    exit: 5,
  },
  unreachableFolder: {
    code: 'MESH-6005',
    status: 503,
    title: 'PostgreSQL has no folder that its own user can reach',
    fix: 'Run as an ordinary user, or set MESH_POSTGRES_ROOT to a folder every user may enter.',
    retriable: false,
    exit: 5,
  },
  productionIdentity: {
    code: 'MESH-6006',
    status: 503,
    title: 'Production mode has no embedded identity provider',
    fix: "Set MESH_OIDC_ISSUER to the site's identity provider.",
    retriable: false,
    exit: 2,
  },
  busy: {
    code: 'MESH-6007',
    status: 409,
    title: 'Another start or stop of this mesh is under way',
    fix: 'Wait for it to end, then try again.',
    retriable: true,
    exit: 5,
  },
  fetchFailed: {
    code: 'MESH-6008',
    status: 503,
    title: 'The broker and the registry could not be fetched',
    fix: 'Maven needs its repository (https://repo.maven.apache.org or a mirror in ~/.m2/settings.xml).',
    retriable: true,
    exit: 5,
  },
  notBuilt: {
    code: 'MESH-6009',
    status: 503,
    title: 'A service is not built',
    fix: 'Run `npm start`, which builds what is missing, or `npm run build`.',
    retriable: false,
    exit: 5,
  },
  stillRunning: {
    code: 'MESH-6010',
    status: 503,
    title: 'A part of the mesh would not stop',
    fix: 'Look at the named process; it belongs to this mesh.',
    retriable: true,
    exit: 5,
  },
  commaInHome: {
    code: 'MESH-6015',
    status: 400,
    title: 'The path of the data folder (MESH_HOME) has a comma in it',
    fix: 'Choose a path without one: Kafka would take it for several folders.',
    retriable: false,
    exit: 2,
  },
  notYours: {
    code: 'MESH-6016',
    status: 403,
    title: 'This mesh belongs to another user',
    fix: 'Run the command as the user who started it, or set MESH_HOME to the folder of a mesh of your own.',
    retriable: false,
    exit: 3,
  },
  unknownMode: {
    code: 'MESH-6014',
    status: 400,
    title: 'There is no such mode',
    fix: 'Set MESH_MODE to development, test or production, or leave it out (development).',
    retriable: false,
    exit: 2,
  },
} as const;

type StackErrorEntry = (typeof stackErrors)[keyof typeof stackErrors];

/** A failure of the stack: what failed, why (`message`), what to do, its code. */
export class StackError extends Error {
  readonly code: string;
  readonly title: string;
  readonly fix: string;
  readonly exit: number;

  constructor(entry: StackErrorEntry, detail?: string, cause?: unknown) {
    super(detail ?? entry.title, { cause });
    this.code = entry.code;
    this.title = entry.title;
    this.fix = entry.fix;
    this.exit = entry.exit;
  }
}
