/** What the `mesh` command itself can get wrong. Codes 6500–6999; the stack's own are in infra/local. */
export const EXIT = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  notAuthorised: 3,
  notFound: 4,
  unavailable: 5,
} as const;

export const meshErrors = {
  notInstalled: {
    code: 'MESH-6501',
    status: 503,
    title: 'The packages of this checkout are not installed',
    fix: 'Run `npm ci` (or `npm start`, which does it) in the checkout.',
    retriable: false,
    exit: EXIT.unavailable,
  },
  notBuilt: {
    code: 'MESH-6502',
    status: 503,
    title: 'The build failed',
    fix: 'Run `npm run build` and mend what it names.',
    retriable: false,
    exit: EXIT.unavailable,
  },
  notRunning: {
    code: 'MESH-6503',
    status: 503,
    title: 'The mesh is not running',
    fix: 'Start it with `npm start` (or `npx mesh up --detach`), or set MESH_HOME to the one that runs.',
    retriable: true,
    exit: EXIT.unavailable,
  },
  unreachable: {
    code: 'MESH-6504',
    status: 503,
    title: 'A part of the mesh does not answer',
    fix: 'See `npx mesh status`; the supervisor restarts a dead part by itself, so try again in a few seconds.',
    retriable: true,
    exit: EXIT.unavailable,
  },
  noIdentity: {
    code: 'MESH-6505',
    status: 401,
    title: 'This command must know who is asking',
    fix: 'Add --as <user> (users are in people.json in MESH_HOME, .mesh unless set), or put a token in MESH_TOKEN.',
    retriable: false,
    exit: EXIT.notAuthorised,
  },
  unknownPerson: {
    code: 'MESH-6506',
    status: 401,
    title: 'There is no such seeded person or client',
    fix: 'Users are listed in people.json in MESH_HOME (.mesh unless set); client ids are domain-<name> and svc-<name>.',
    retriable: false,
    exit: EXIT.notAuthorised,
  },
  signInRefused: {
    code: 'MESH-6507',
    status: 401,
    title: 'The identity provider refused to issue a token',
    fix: 'Read the reason; seeded people exist in development and test mode only.',
    retriable: false,
    exit: EXIT.notAuthorised,
  },
  usage: {
    code: 'MESH-6508',
    status: 400,
    title: 'The command was not understood',
    fix: 'See `npx mesh <command> --help`.',
    retriable: false,
    exit: EXIT.usage,
  },
  unknownDomain: {
    code: 'MESH-6509',
    status: 404,
    title: 'There is no such domain in this mesh',
    fix: 'See the domains of `npx mesh status`.',
    retriable: false,
    exit: EXIT.notFound,
  },
  unknownService: {
    code: 'MESH-6515',
    status: 404,
    title: 'There is no such service in this mesh',
    fix: 'See the components of `npx mesh status`.',
    retriable: false,
    exit: EXIT.notFound,
  },
  unreadableFile: {
    code: 'MESH-6510',
    status: 400,
    title: 'A file or folder cannot be read',
    fix: 'Check the path; a relative path starts in the folder you stand in, a relative MESH_HOME in the checkout.',
    retriable: false,
    exit: EXIT.usage,
  },
  refused: {
    code: 'MESH-6511',
    status: 502,
    title: 'The mesh answered with an error that names no code',
    fix: 'See the logs under MESH_HOME/logs.',
    retriable: true,
    exit: EXIT.unavailable,
  },
  checkFailed: {
    code: 'MESH-6512',
    status: 422,
    title: 'A check failed',
    fix: 'Each failed check above says what to change.',
    retriable: false,
    exit: EXIT.checkFailed,
  },
  alreadyThere: {
    code: 'MESH-6513',
    status: 409,
    title: 'There is such a domain or product already',
    fix: 'Choose another name, or remove the folder named.',
    retriable: false,
    exit: EXIT.usage,
  },
  brokerRefused: {
    code: 'MESH-6520',
    status: 403,
    title: 'The broker refuses this credential',
    fix: 'The grant may have ended, or the credential was ended: see `npx mesh grant show <grant>`.',
    retriable: false,
    exit: EXIT.notAuthorised,
  },
  unsupervised: {
    code: 'MESH-6514',
    status: 503,
    title: 'Parts of the mesh run, and nothing keeps them running',
    fix: 'Run `npx mesh up`, which ends them and starts the mesh again, or `npx mesh down`.',
    retriable: true,
    exit: EXIT.unavailable,
  },
  unexpected: {
    code: 'MESH-6599',
    status: 500,
    title: 'The command failed in a way nobody foresaw',
    fix: 'Run it again with --debug and report what it prints.',
    retriable: false,
    exit: EXIT.unavailable,
  },
} as const;

type MeshErrorEntry = (typeof meshErrors)[keyof typeof meshErrors];

/** A failure a user reads: what failed, why, what to do, and its code. */
export class CliError extends Error {
  readonly code: string;
  readonly title: string;
  readonly fix: string;
  readonly exit: number;
  /** Body of the HTTP answer this came from, printed unchanged with `-o json`. */
  readonly body: string | null;

  constructor(
    problem: { code: string; title: string; detail?: string; fix: string; exit: number },
    options: { body?: string | null; cause?: unknown } = {},
  ) {
    super(problem.detail ?? problem.title, { cause: options.cause });
    this.code = problem.code;
    this.title = problem.title;
    this.fix = problem.fix;
    this.exit = problem.exit;
    this.body = options.body ?? null;
  }
}

/** An error of this app's own table, with the particular reason. */
export function cliError(entry: MeshErrorEntry, detail?: string, cause?: unknown): CliError {
  return new CliError({ ...entry, detail }, { cause });
}
