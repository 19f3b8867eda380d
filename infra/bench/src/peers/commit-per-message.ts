import { createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';

const START = 0x0b;
const END = Buffer.from([0x1c, 0x0d]);

/**
 * The peer for MLLP: the ordinary receiver. Each message is stored with its outbox row in a transaction of its own,
 * then acknowledged. It parses the header only, checks nothing and maps nothing.
 */
export class CommitPerMessage {
  #server: Server | null = null;

  private constructor(private readonly pool: pg.Pool) {}

  static async open(url: string, connections: number): Promise<CommitPerMessage> {
    const pool = new pg.Pool({ connectionString: url, max: connections });
    await pool.query(`drop table if exists peer_landed, peer_outbox`);
    await pool.query(`create table peer_landed (id text primary key, message bytea not null)`);
    await pool.query(
      `create table peer_outbox (pos bigint generated always as identity primary key, id text, payload bytea)`,
    );
    return new CommitPerMessage(pool);
  }

  /** Listens on loopback; resolves with the port. */
  listen(): Promise<number> {
    return new Promise((resolve) => {
      const server = createServer((socket) => this.#serve(socket));
      this.#server = server;
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  }

  #serve(socket: Socket): void {
    let held: Buffer = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      for (let end = held.indexOf(END); end >= 0; end = held.indexOf(END)) {
        const message = held.subarray(held[0] === START ? 1 : 0, end);
        held = held.subarray(end + END.length);
        this.#store(message).then(
          (id) => socket.write(`\x0bMSH|^~\\&|||||||ACK||P|2.4\rMSA|AA|${id}\r\x1c\r`),
          () => socket.destroy(),
        );
      }
    });
  }

  async #store(message: Buffer): Promise<string> {
    const header = message.subarray(0, message.indexOf(0x0d)).toString('latin1').split('|');
    const id = header[9] ?? '';
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      await client.query('insert into peer_landed (id, message) values ($1, $2)', [id, message]);
      await client.query('insert into peer_outbox (id, payload) values ($1, $2)', [id, message]);
      await client.query('commit');
    } finally {
      client.release();
    }
    return id;
  }

  async stored(): Promise<number> {
    const { rows } = await this.pool.query<{ count: string }>('select count(*) from peer_outbox');
    return Number(rows[0]!.count);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#server ? this.#server.close(() => resolve()) : resolve(),
    );
    await this.pool.end();
  }
}
