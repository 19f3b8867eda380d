/** The door for services whose routes are on a page. */
export { Documented } from './documented.js';
export { writeOpenApi } from './page.js';
