// One mesh for all of these: to start and fill one takes two cores most of a minute. They are told in this order. The last two
// leave on an edition what cannot be read as a record of it, so nothing that reads every edition comes after them.
import './as-started/demonstration.js';
import './as-started/strangers.js';
import './as-started/message-to-notebook.js';
import './as-started/narrowed-care.js';
import './as-started/labelled-sources.js';
import './as-started/unapproved-record.js';
