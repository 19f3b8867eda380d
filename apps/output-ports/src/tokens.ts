/** Injection token of where recipients reach the database. */
export const DATABASE = Symbol('database');
/** Injection token of what writes to the mesh's ledger. */
export const LEDGER = Symbol('ledger');
