/** The door for what writes the pages of services. A service that runs does not open it. */
export { writePages } from './page.js';
export type { Page } from './document.js';
