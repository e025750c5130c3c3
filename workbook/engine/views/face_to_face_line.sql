-- One row per professional service line on which the provider met the patient: visits, eye examinations and surgery.
-- Telephone, online and monitoring services are left out, and drawing blood, which the staff does.
select
    l.claim_id,
    l.line_number,
    l.hcpcs_code,
    l.patient_id,
    l.billing_provider_npi,
    l.provider_npi,
    l.service_date
from service_line l
where l.claim_type = 'professional'
and l.frequency_code <> '8'
and regexp_matches(l.hcpcs_code, '^[0-9]{5}$')
and (
    (l.hcpcs_code >= '99202' and l.hcpcs_code <= '99350')
    or (l.hcpcs_code >= '99381' and l.hcpcs_code <= '99397')
    or (l.hcpcs_code >= '92002' and l.hcpcs_code <= '92014')
    or (l.hcpcs_code >= '10004' and l.hcpcs_code <= '69990' and l.hcpcs_code not in ('36415', '36416'))
)
