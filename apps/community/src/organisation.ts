/** Who runs the service; a row of a file without a provider column is of this provider. */
export const organisation = {
  ods: 'RY5',
  name: 'Lincolnshire Community Health Services NHS Trust',
};
