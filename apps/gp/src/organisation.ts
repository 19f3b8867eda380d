/** Who runs the service; a record that names no keeper of its own is this organisation's. */
export const organisation = { ods: 'A20047', name: 'General practice (demonstration)' };
