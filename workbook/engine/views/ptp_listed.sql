-- One row per pair of lines of a day and per edit for it, in force that day or not, in the NCCI table of their setting.
-- Both lines have the same patient, provider, day and setting. No more is kept than tells them apart: few lines have a pair.
select
    a.claim_id as claim_id_one,
    a.line_number as line_number_one,
    b.claim_id as claim_id_two,
    b.line_number as line_number_two,
    a.ncci_setting,
    a.service_date,
    e.modifier_indicator,
    e.effective_date,
    e.end_date
from service_line a
join service_line b
    on b.patient_id = a.patient_id
    and b.provider_npi = a.provider_npi
    and b.service_date = a.service_date
    and b.ncci_setting = a.ncci_setting
    and b.hcpcs_code <> a.hcpcs_code
join ptp e
    on e.column_one_code = a.hcpcs_code
    and e.column_two_code = b.hcpcs_code
    and e.setting = a.ncci_setting
