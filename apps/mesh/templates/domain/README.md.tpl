# {{domain}}

Say in a sentence what this setting does. Each product has a source that feeds it and a contract under `schemas/{{domain}}/`.

**What comes in**: per source, the format and where its columns or elements come from.

**What goes out**: per product, one record per what.

**What is promised**: a record that cannot be read is quarantined alone, with every fault it has; the same file twice changes nothing.

**What is not mine**: which codes are right (the contract), storing, ordering and publishing (`@caremesh/product`).

{{organisation}} ({{ods}}) runs the service: change [organisation.ts](src/organisation.ts) if that is not so.
