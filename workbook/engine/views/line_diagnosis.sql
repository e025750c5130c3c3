-- One row per diagnosis pointer of a service line, with the diagnosis it points to, null where the claim has none there.
select
    p.claim_id,
    p.line_number,
    p.place,
    p.pointer,
    d.diagnosis_code,
    case when length(d.diagnosis_code) > 3
        then concat(substr(d.diagnosis_code, 1, 3), '.', substr(d.diagnosis_code, 4)) else d.diagnosis_code end as shown_code,
    d.code_set
from (
    select l.claim_id, l.line_number, 1 as place, l.diagnosis_pointer_1 as pointer
    from claim_line l where l.diagnosis_pointer_1 is not null
    union all
    select l.claim_id, l.line_number, 2 as place, l.diagnosis_pointer_2 as pointer
    from claim_line l where l.diagnosis_pointer_2 is not null
    union all
    select l.claim_id, l.line_number, 3 as place, l.diagnosis_pointer_3 as pointer
    from claim_line l where l.diagnosis_pointer_3 is not null
    union all
    select l.claim_id, l.line_number, 4 as place, l.diagnosis_pointer_4 as pointer
    from claim_line l where l.diagnosis_pointer_4 is not null
) p
left join claim_diagnosis d
    on d.claim_id = p.claim_id
    and d.sequence = p.pointer
    and d.role in ('principal', 'other')
