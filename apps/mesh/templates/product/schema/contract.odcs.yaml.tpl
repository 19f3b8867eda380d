# Data contract: {{domain}}.{{product}}, major version 1. Say in each field what it means to somebody who was not there.
apiVersion: v3.1.0
kind: DataContract
id: urn:caremesh:{{domain}}.{{product}}:v1
name: {{productTitle}}
version: '1.0.0'
status: active
domain: '{{domain}}'
description:
  purpose: Each {{productLower}} of a person in {{domainLower}}.
  usage: >-
    Individual care: what happened, and when. Planning: how many, and how they end.
  limitations: Say here what the records do not show.
tags:
  - health-and-care
  - person-level
schema:
  - name: {{Record}}
    logicalType: object
    physicalType: topic
    physicalName: {{domain}}.{{product}}.v1
    businessName: {{productTitle}}
    description: Each {{productLower}} of a person in {{domainLower}}.
    dataGranularityDescription: One record per {{productLower}}, keyed by person and record; the latest state wins.
    properties:
      - name: recordId
        businessName: Record id
        description: >-
          Identifies the record within the product for its whole life. Made by the publisher from its
          own identifier under a secret key, so it says nothing by itself.
        logicalType: string
        physicalType: string
        required: true
        primaryKey: true
        primaryKeyPosition: 1
        classification: none
        logicalTypeOptions:
          pattern: ^[a-z2-7]{26}$
        customProperties:
          - property: treatment
            value: pseudonymise
      - name: nhsNumber
        businessName: NHS number
        description: >-
          The person's NHS number: ten digits, the last a modulus 11 check digit. Null when it is not
          known.
        logicalType: string
        physicalType: string
        required: false
        classification: direct-identifier
        customProperties:
          - property: treatment
            value: pseudonymise
          - property: role
            value: nhs-number
          - property: definition
            value: https://www.datadictionary.nhs.uk/data_elements/nhs_number.html
      - name: nhsNumberStatus
        businessName: NHS number status
        description: How far the NHS number has been checked with the national service.
        logicalType: string
        physicalType: string
        required: true
        classification: none
        customProperties:
          - property: treatment
            value: keep
          - property: role
            value: nhs-number-status
          - property: definition
            value: https://www.datadictionary.nhs.uk/attributes/nhs_number_status_indicator_code.html
          - property: codes
            value:
              system: https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland
              version: '1.1.1'
              values:
                - code: '01'
                  meaning: Number present and verified
                - code: '02'
                  meaning: Number present but not traced
                - code: '03'
                  meaning: Trace required
                - code: '04'
                  meaning: Trace attempted, no match or multiple match found
                - code: '05'
                  meaning: Trace needs to be resolved (NHS number or patient detail conflict)
                - code: '06'
                  meaning: Trace in progress
                - code: '07'
                  meaning: Number not present and trace not required
                - code: '08'
                  meaning: Trace postponed (baby under six weeks old)
      - name: localPatientId
        businessName: Local person identifier
        description: The identifier by which the publisher's own system knows the person.
        logicalType: string
        physicalType: string
        required: false
        classification: direct-identifier
        logicalTypeOptions:
          maxLength: 64
        customProperties:
          - property: treatment
            value: drop
          - property: role
            value: local-identifier
      - name: localPatientIdIssuer
        businessName: Issuer of the local identifier
        description: >-
          ODS code of the organisation that issued the local person identifier. Null when there is none.
        logicalType: string
        physicalType: string
        required: false
        classification: none
        customProperties:
          - property: treatment
            value: keep
          - property: role
            value: ods-code
      - name: publisherOds
        businessName: Publisher
        description: ODS code of the organisation whose record this is.
        logicalType: string
        physicalType: string
        required: true
        classification: none
        customProperties:
          - property: treatment
            value: keep
          - property: role
            value: ods-code
      - name: recordedAt
        businessName: Recorded
        description: When the publisher's service accepted this state of the record.
        logicalType: timestamp
        physicalType: timestamp-millis
        required: true
        classification: none
        customProperties:
          - property: treatment
            value: keep
      - name: sourceSystemUpdatedAt
        businessName: Updated in the source
        description: When the source system says it last changed the record. Null when it does not say.
        logicalType: timestamp
        physicalType: timestamp-millis
        required: false
        classification: none
        customProperties:
          - property: treatment
            value: keep
      - name: changeType
        businessName: Change
        description: >-
          What happened: CREATED, UPDATED, RETRACTED (the source says the record should never have been)
          or MERGED (the person turned out to be somebody already known).
        logicalType: string
        physicalType: enum
        required: true
        classification: none
        customProperties:
          - property: treatment
            value: keep
          - property: codes
            value:
              system: urn:caremesh:code:change-type
              version: '1'
              values:
                - code: CREATED
                  meaning: First appearance of the record
                - code: UPDATED
                  meaning: A later state of it
                - code: RETRACTED
                  meaning: Should never have been
                - code: MERGED
                  meaning: Continues under another person
                - code: UNKNOWN
                  meaning: A kind of change this reader does not know
      - name: survivorKey
        businessName: Survivor
        description: 'For MERGED only: the key of the person under whom the record continues.'
        logicalType: string
        physicalType: string
        required: false
        classification: none
        logicalTypeOptions:
          pattern: ^[a-z2-7]{26}$
        customProperties:
          - property: treatment
            value: pseudonymise
      - name: localRecordIdentifier
        businessName: Record identifier
        description: The source system's own identifier of the record.
        logicalType: string
        physicalType: string
        required: false
        classification: direct-identifier
        logicalTypeOptions:
          maxLength: 64
        customProperties:
          - property: treatment
            value: drop
          - property: presence
            value: live
      - name: eventDate
        businessName: Date
        description: Day of the event, UK local time.
        logicalType: date
        physicalType: date
        required: false
        classification: quasi-identifier
        customProperties:
          - property: treatment
            value: keep
          - property: presence
            value: live
      - name: status
        businessName: Status
        description: Whether it goes on.
        logicalType: string
        physicalType: string
        required: false
        classification: none
        customProperties:
          - property: treatment
            value: keep
          - property: codes
            value:
              system: urn:caremesh:code:{{domain}}-{{product}}-status
              version: '1'
              values:
                - code: open
                  meaning: It goes on
                - code: closed
                  meaning: It has ended
team:
  name: '{{domain}}'
  description: {{domainTitle}} data products team
support:
  - channel: {{domain}}-data-products
    tool: email
    scope: issues
    url: mailto:{{domain}}-data-products@caremesh.example
  - channel: {{domain}}-announcements
    tool: email
    scope: announcements
    url: mailto:{{domain}}-announcements@caremesh.example
slaProperties:
  - property: freshness
    value: P1D
    driver: operational
    description: Longest time from the event in the source to the record being readable.
  - property: landedRetention
    value: P30D
    driver: regulatory
    description: How long landed source data and resolved quarantine are kept after success.
  - property: retention
    value: P8Y
    driver: regulatory
    description: How long a published record is kept after its last change.
  - property: completeness
    value: 100
    unit: percent
    element: {{Record}}.eventDate
    driver: analytics
    description: Share of live records that state eventDate.
customProperties:
  - property: profile
    value: caremesh/1
    description: The customProperties profile this contract follows (schemas/mesh/profile/v1).
  - property: houseRules
    value: '1'
    description: The house rules this contract was written to (schemas/mesh/house-rules/v1).
  - property: careSetting
    value:
      - {{careSetting}}
  - property: purposes
    value:
      - individual-care
      - service-planning
      - commissioning
      - population-health-management
      - research
      - audit
  - property: legalBasis
    value:
      - purpose: individual-care
        article6: '6(1)(e)'
        article9: '9(2)(h)'
        commonLaw: direct-care
      - purpose: service-planning
        article6: '6(1)(e)'
        article9: '9(2)(h)'
        commonLaw: s251
      - purpose: commissioning
        article6: '6(1)(e)'
        article9: '9(2)(h)'
        commonLaw: s251
      - purpose: population-health-management
        article6: '6(1)(e)'
        article9: '9(2)(h)'
        commonLaw: s251
      - purpose: research
        article6: '6(1)(e)'
        article9: '9(2)(j)'
        commonLaw: s251
      - purpose: audit
        article6: '6(1)(e)'
        article9: '9(2)(h)'
        commonLaw: s251
  - property: standards
    value:
      - id: ISB0149
        title: NHS number
      - id: DCB0090
        title: Organisation reference data (ODS)
      - id: DCB3058
        title: Compliance with national data opt-outs
