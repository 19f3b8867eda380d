import pg from 'pg';

/** A database to be there; `makesRoles`: its role may make others, and end those it made. */
export type Database = { name: string; makesRoles: boolean };

/** PostgreSQL lets every role into these: who has one could look around there, and hold up who makes a database from them. */
const OPEN_TO_ALL = ['postgres', 'template1'];

/**
 * Gives each name a database and a role of the same name, and nobody else a way into it, nor into what the server brought
 * along. What is there stays; passwords are set again, so that a restored or foreign server takes those of this mesh.
 */
export async function provisionDatabases(
  adminUrl: string,
  databases: readonly Database[],
  passwordOf: (name: string) => string,
): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await closeToAll(client, OPEN_TO_ALL);
    for (const one of databases) await provision(client, one, passwordOf(one.name));
    // Also what was there: a start that was cut short may have made it and not closed it.
    await closeToAll(
      client,
      databases.map(({ name }) => name),
    );
  } finally {
    await client.end();
  }
}

async function provision(
  client: pg.Client,
  { name, makesRoles }: Database,
  password: string,
): Promise<void> {
  const role = pg.escapeIdentifier(name);
  const known = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  const verb = known.rowCount === 0 ? 'CREATE' : 'ALTER';
  const may = makesRoles ? 'LOGIN CREATEROLE' : 'LOGIN';
  await client.query(`${verb} ROLE ${role} ${may} PASSWORD ${pg.escapeLiteral(password)}`);
  const there = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (there.rowCount !== 0) return;
  // A managed server's administrator is no superuser: it must be a member of the role it gives a database to.
  await client.query(`GRANT ${role} TO CURRENT_USER`);
  await client.query(`CREATE DATABASE ${role} OWNER ${role}`);
  await client.query(`REVOKE ALL ON DATABASE ${role} FROM PUBLIC`);
}

/** Only those that are open: on a site's own server one that is closed already may not be ours to say anything about. */
async function closeToAll(client: pg.Client, databases: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname = ANY($1)
       AND (has_database_privilege('public', oid, 'CONNECT') OR has_database_privilege('public', oid, 'TEMPORARY'))`,
    [databases],
  );
  for (const { name } of rows) {
    await client.query(`REVOKE ALL ON DATABASE ${pg.escapeIdentifier(name)} FROM PUBLIC`);
  }
}

/** Name of a service's database and role: `mesh_governance`, `mesh_domain_social_care`. */
export function databaseOf(service: { name: string; kind: 'domain' | 'service' }): string {
  const name = service.name.replaceAll('-', '_');
  return service.kind === 'domain' ? `mesh_domain_${name}` : `mesh_${name}`;
}

/** The address of one database for its own role. */
export function databaseUrl(adminUrl: string, name: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = name;
  url.password = password;
  url.pathname = `/${name}`;
  return url.toString();
}
