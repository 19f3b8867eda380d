{
  "type": "record",
  "name": "{{Record}}",
  "namespace": "{{namespace}}",
  "doc": "Each {{productLower}} of a person in {{domainLower}}.",
  "fields": [
    {
      "name": "recordId",
      "doc": "Identifies the record within the product for its whole life. Made by the publisher from its own identifier under a secret key, so it says nothing by itself.",
      "type": "string"
    },
    {
      "name": "nhsNumber",
      "doc": "The person's NHS number: ten digits, the last a modulus 11 check digit. Null when it is not known.",
      "type": ["null", "string"],
      "default": null
    },
    {
      "name": "nhsNumberStatus",
      "doc": "How far the NHS number has been checked with the national service.",
      "type": "string"
    },
    {
      "name": "localPatientId",
      "doc": "The identifier by which the publisher's own system knows the person.",
      "type": ["null", "string"],
      "default": null
    },
    {
      "name": "localPatientIdIssuer",
      "doc": "ODS code of the organisation that issued the local person identifier. Null when there is none.",
      "type": ["null", "string"],
      "default": null
    },
    {
      "name": "publisherOds",
      "doc": "ODS code of the organisation whose record this is.",
      "type": "string"
    },
    {
      "name": "recordedAt",
      "doc": "When the publisher's service accepted this state of the record.",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      }
    },
    {
      "name": "sourceSystemUpdatedAt",
      "doc": "When the source system says it last changed the record. Null when it does not say.",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "default": null
    },
    {
      "name": "changeType",
      "doc": "What happened: CREATED, UPDATED, RETRACTED (the source says the record should never have been) or MERGED (the person turned out to be somebody already known).",
      "type": {
        "type": "enum",
        "name": "ChangeType",
        "doc": "What happened to the record.",
        "symbols": ["CREATED", "UPDATED", "RETRACTED", "MERGED", "UNKNOWN"],
        "default": "UNKNOWN"
      }
    },
    {
      "name": "survivorKey",
      "doc": "For MERGED only: the key of the person under whom the record continues.",
      "type": ["null", "string"],
      "default": null
    },
    {
      "name": "localRecordIdentifier",
      "doc": "The source system's own identifier of the record.",
      "type": ["null", "string"],
      "default": null
    },
    {
      "name": "eventDate",
      "doc": "Day of the event, UK local time.",
      "type": [
        "null",
        {
          "type": "int",
          "logicalType": "date"
        }
      ],
      "default": null
    },
    {
      "name": "status",
      "doc": "Whether it goes on.",
      "type": ["null", "string"],
      "default": null
    }
  ]
}
