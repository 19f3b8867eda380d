/** Injection token of where recipients reach the database. */
export const DATABASE = Symbol('database');
/** Injection token of what writes to the mesh's ledger. */
export const LEDGER = Symbol('ledger');
/** Injection token of what knows the contract behind a view. */
export const CONTRACTS = Symbol('contracts');
