{
  "name": "@caremesh/{{domain}}",
  "version": "0.1.0",
  "private": true,
  "license": "MIT",
  "type": "module",
  "nx": {
    "tags": [
      "layer:domain",
      "domain:{{domain}}"
    ],
    "targets": {
      "build": {},
      "lint": {}
    }
  },
  "dependencies": {
    "@caremesh/product": "0.1.0"
  }
}
