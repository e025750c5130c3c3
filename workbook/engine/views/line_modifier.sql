-- One row per modifier on a service line; a line without modifiers has one row with a null modifier.
select
    m.claim_id,
    m.line_number,
    m.claim_type,
    m.service_date,
    m.hcpcs_code,
    m.modifier,
    max(case when m.modifier in ('24', '25', '57') then 1 else 0 end) over (partition by m.claim_id, m.line_number)
        as has_visit_modifier
from (
    select l.claim_id, l.line_number, l.claim_type, l.service_date, l.hcpcs_code, l.modifier_1 as modifier
    from service_line l
    union all
    select l.claim_id, l.line_number, l.claim_type, l.service_date, l.hcpcs_code, l.modifier_2 as modifier
    from service_line l where l.modifier_2 is not null
    union all
    select l.claim_id, l.line_number, l.claim_type, l.service_date, l.hcpcs_code, l.modifier_3 as modifier
    from service_line l where l.modifier_3 is not null
    union all
    select l.claim_id, l.line_number, l.claim_type, l.service_date, l.hcpcs_code, l.modifier_4 as modifier
    from service_line l where l.modifier_4 is not null
) m
