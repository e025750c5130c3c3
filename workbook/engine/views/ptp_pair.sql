-- One row per pair of lines of a day that the NCCI table of their setting lists as column 1 and column 2.
select
    p.claim_id_one,
    p.line_number_one,
    p.code_one,
    p.modifier_1_one,
    p.modifier_2_one,
    p.modifier_3_one,
    p.modifier_4_one,
    p.claim_id_two,
    p.line_number_two,
    p.code_two,
    p.modifier_1_two,
    p.modifier_2_two,
    p.modifier_3_two,
    p.modifier_4_two,
    p.ncci_setting,
    p.service_date,
    e.modifier_indicator
from line_pair_same_day p
join ptp e
    on e.column_one_code = p.code_one
    and e.column_two_code = p.code_two
    and e.setting = p.ncci_setting
    and p.service_date >= e.effective_date
    and p.service_date <= coalesce(e.end_date, date '9999-12-31')
where e.modifier_indicator in ('0', '1')
