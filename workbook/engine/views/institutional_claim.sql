-- One row per institutional claim, with its type of bill taken apart and codes in their full length.
-- bill: facility, care and frequency in three characters, null where the type of bill has another shape.
select
    c.claim_id,
    c.patient_id,
    c.billing_provider_npi,
    c.claim_filing_code,
    c.type_of_bill,
    c.bill,
    substr(c.bill, 1, 2) as bill_kind,
    substr(c.bill, 3, 1) as bill_frequency,
    c.statement_from_date,
    c.statement_through_date,
    c.admission_date,
    c.admission_type,
    c.admission_source,
    case when length(c.patient_status) = 1 then concat('0', c.patient_status) else c.patient_status end
        as patient_status,
    c.ms_drg
from (
    select
        claim_id,
        patient_id,
        billing_provider_npi,
        claim_filing_code,
        type_of_bill,
        case
            when regexp_matches(type_of_bill, '^0?[1-9][1-9][0-9A-Z]$')
                then substr(type_of_bill, length(type_of_bill) - 2, 3)
        end as bill,
        statement_from_date,
        statement_through_date,
        admission_date,
        admission_type,
        admission_source,
        patient_status,
        ms_drg
    from claim
    where claim_type = 'institutional'
) c
