{
  "recordId": "zfwjsdiakegzeazxq3fyn34keq",
  "nhsNumber": "9434765919",
  "nhsNumberStatus": "02",
  "localPatientId": "L1",
  "localPatientIdIssuer": "{{ods}}",
  "publisherOds": "{{ods}}",
  "recordedAt": "2026-09-03T09:15:04.120Z",
  "sourceSystemUpdatedAt": null,
  "changeType": "CREATED",
  "survivorKey": null,
  "localRecordIdentifier": "R1",
  "eventDate": "2026-09-03",
  "status": "ajar"
}
