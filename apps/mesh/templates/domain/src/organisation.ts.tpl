/** Who runs the service, and whose records its files hold. */
export const organisation = { ods: '{{ods}}', name: '{{organisation}}' };
