-- One row per service line, with why no NCCI pair of it could be judged; null where one could.
-- A line alone on its day has no pair. With a teaching set loaded, only the pairs it lists are judged.
with known as (
    select p.claim_id_one, p.line_number_one, p.claim_id_two, p.line_number_two
    from line_pair_same_day p
    join ptp e
        on e.column_one_code = p.code_one
        and e.column_two_code = p.code_two
        and e.setting = p.ncci_setting
)
select
    l.claim_id,
    l.line_number,
    case
        when l.ncci_setting is null then 'not applicable: not an outpatient hospital bill (12x, 13x or 14x)'
        when n.claim_id_one is null then 'not applicable: no other code that day'
        when k.claim_id is null and w.table_name is null then 'ptp: the teaching set has none of the line''s pairs'
    end as why
from service_line l
left join (
    select distinct claim_id_one, line_number_one from line_pair_same_day
) n on n.claim_id_one = l.claim_id and n.line_number_one = l.line_number
left join (
    select claim_id_one as claim_id, line_number_one as line_number from known
    union
    select claim_id_two as claim_id, line_number_two as line_number from known
) k on k.claim_id = l.claim_id and k.line_number = l.line_number
left join edition w
    on w.table_name = case l.ncci_setting when 'hospital' then 'ptp/hospital' else 'ptp' end
    and w.is_whole
    and l.service_date >= w.effective_date
    and l.service_date <= coalesce(w.end_date, date '9999-12-31')
