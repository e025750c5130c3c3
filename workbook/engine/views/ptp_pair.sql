-- One row per pair of lines of a day that the NCCI table of their setting lists as column 1 and column 2.
select
    p.claim_id_one,
    p.line_number_one,
    a.hcpcs_code as code_one,
    a.modifier_1 as modifier_1_one,
    a.modifier_2 as modifier_2_one,
    a.modifier_3 as modifier_3_one,
    a.modifier_4 as modifier_4_one,
    p.claim_id_two,
    p.line_number_two,
    b.hcpcs_code as code_two,
    b.modifier_1 as modifier_1_two,
    b.modifier_2 as modifier_2_two,
    b.modifier_3 as modifier_3_two,
    b.modifier_4 as modifier_4_two,
    p.ncci_setting,
    p.service_date,
    p.modifier_indicator
from ptp_listed p
join service_line a on a.claim_id = p.claim_id_one and a.line_number = p.line_number_one
join service_line b on b.claim_id = p.claim_id_two and b.line_number = p.line_number_two
where p.modifier_indicator in ('0', '1')
and p.service_date >= p.effective_date
and p.service_date <= coalesce(p.end_date, date '9999-12-31')
