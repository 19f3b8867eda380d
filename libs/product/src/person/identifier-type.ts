/**
 * Identifier types (HL7 table 0203, and what many systems write in its place) that number no person's record of care: a visit,
 * account, order or specimen; a document, a nation's register, an insurance or pension; a bank account; whoever treats or employs;
 * an organisation; a thing or an animal. The same number is another person's under each of them.
 */
const NO_RECORD = new Set(
  (
    'VN VISITID AN ANC AND ANT FIN FINNBR ACSN LACSN ASID SID USID PHC PHE FILL PLAC FGN PGN OBI DSG STN ' +
    'NI SS TAX CZ IND TN DL PPN DP PRC TPR VS VP WP SP NCT CONM MCT BCT BCFN BR DC DCFN FDR FDRFN MI PC PCN DR RRI SL SR ' +
    'HC MA MB MC MCN MCR MCD SN SNBSN RR PEN NII NIIP WC WCN XV LI ' +
    'BA BC CC AM DI DS MS GL GI GN ' +
    'AMA APRN DDS DEA DFN DN DO DPM EI EN ESN LANR LN MD NE NP NPI OD PA PHO PPIN PRES PRN QA RN RPH RRP TRL UPIN ' +
    'BSNR NBSNR CAAI FI XX AIN BRN SNO UDI'
  ).split(' '),
);

/** True for a type of identifier that tells no record of its person; `NNGBR` and the like are numbers of a nation's register. */
export const numbersNoRecord = (type: string): boolean =>
  NO_RECORD.has(type) || /^NN[A-Z]{2,3}$/.test(type);
