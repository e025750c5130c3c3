-- One row per ordered pair of lines with different codes, the second a visit or what adds to one: same patient, provider, setting, day.
select
    a.claim_id as claim_id_one,
    a.line_number as line_number_one,
    a.hcpcs_code as code_one,
    a.modifier_1 as modifier_1_one,
    a.modifier_2 as modifier_2_one,
    a.modifier_3 as modifier_3_one,
    a.modifier_4 as modifier_4_one,
    b.claim_id as claim_id_two,
    b.line_number as line_number_two,
    b.hcpcs_code as code_two,
    b.modifier_1 as modifier_1_two,
    b.modifier_2 as modifier_2_two,
    b.modifier_3 as modifier_3_two,
    b.modifier_4 as modifier_4_two,
    a.claim_type,
    a.service_date
from service_line a
join service_line b
    on b.patient_id = a.patient_id
    and b.provider_npi = a.provider_npi
    and b.service_date = a.service_date
    and b.ncci_setting = a.ncci_setting
    and b.hcpcs_code <> a.hcpcs_code
where b.hcpcs_code between '99202' and '99499'
or b.hcpcs_code in ('G0316', 'G0317', 'G0318', 'G2211', 'G2212')
