/** Who runs the service; each record's publisher is the council that its row names. */
export const organisation = { ods: '503', name: 'Lincolnshire County Council' };
