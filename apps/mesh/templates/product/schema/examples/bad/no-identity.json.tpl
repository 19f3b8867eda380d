{
  "recordId": "zfwjsdiakegzeazxq3fyn34keq",
  "nhsNumber": null,
  "nhsNumberStatus": "02",
  "localPatientId": "L1",
  "localPatientIdIssuer": null,
  "publisherOds": "{{ods}}",
  "recordedAt": "2026-09-03T09:15:04.120Z",
  "sourceSystemUpdatedAt": null,
  "changeType": "CREATED",
  "survivorKey": null,
  "localRecordIdentifier": "R1",
  "eventDate": "2026-09-03",
  "status": "open"
}
