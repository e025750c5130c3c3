-- One row per diagnosis on a claim, with the patient and the setting it was given in.
-- Age is in whole years on the first day of the stay or service; setting is null where an institutional claim has no type of bill.
select
    d.claim_id,
    d.role,
    d.sequence,
    d.diagnosis_code,
    substr(d.diagnosis_code, 1, 3) as category,
    case when length(d.diagnosis_code) > 3
        then concat(substr(d.diagnosis_code, 1, 3), '.', substr(d.diagnosis_code, 4)) else d.diagnosis_code end as shown_code,
    d.code_set,
    d.claim_type,
    d.service_date,
    d.service_through_date,
    c.patient_id,
    c.patient_sex,
    cast(floor((
        year(coalesce(c.admission_date, d.service_date)) * 10000
        + month(coalesce(c.admission_date, d.service_date)) * 100 + day(coalesce(c.admission_date, d.service_date))
        - year(c.patient_birth_date) * 10000 - month(c.patient_birth_date) * 100 - day(c.patient_birth_date)
    ) / 10000) as integer) as age,
    case
        when c.claim_type <> 'institutional' then 'outpatient'
        when c.type_of_bill is null then null
        when substr(c.type_of_bill, 1, 2) in ('11', '18', '21', '41') then 'inpatient'
        else 'outpatient'
    end as setting
from claim_diagnosis_dated d
join claim c on c.claim_id = d.claim_id
