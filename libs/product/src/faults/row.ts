/** One row: its code never changes meaning; the title says what happened, the fix what to do. */
export type FaultRow = {
  code: string;
  status: number;
  title: string;
  fix: string;
  retriable: boolean;
};

/** A fault with an HTTP status of its own. */
export const refused = (code: string, status: number, title: string, fix: string): FaultRow => ({
  code,
  status,
  title,
  fix,
  retriable: false,
});
/** A fault that passes: sending again is right. */
export const later = (code: string, title: string, fix: string): FaultRow => ({
  code,
  status: 503,
  title,
  fix,
  retriable: true,
});
/** A fault of one item's content. */
export const bad = (code: string, title: string, fix: string): FaultRow =>
  refused(code, 422, title, fix);
