-- One row per diagnosis on a claim, with the claim's first day of service.
select
    d.claim_id,
    d.role,
    d.sequence,
    d.diagnosis_code,
    d.code_set,
    d.present_on_admission,
    c.claim_type,
    c.service_date,
    c.service_through_date
from claim_diagnosis d
join service_claim c on c.claim_id = d.claim_id
