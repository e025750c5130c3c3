-- One row per service line, with why no NCCI pair of it could be judged; null where one could.
-- A line alone on its day has no pair. With a teaching set loaded, only the pairs it lists are judged.
select
    l.claim_id,
    l.line_number,
    l.claim_type,
    l.service_date,
    l.hcpcs_code,
    case
        when l.ncci_setting is null then 'not applicable: not an outpatient hospital bill (12x, 13x or 14x)'
        when n.patient_id is null then 'not applicable: no other code that day'
        when k.claim_id is null and w.table_name is null then 'ptp: the teaching set has none of the line''s pairs'
    end as why
from service_line l
left join (
    select patient_id, provider_npi, service_date, ncci_setting
    from service_line
    group by patient_id, provider_npi, service_date, ncci_setting
    having min(hcpcs_code) <> max(hcpcs_code)
) n
    on n.patient_id = l.patient_id
    and n.provider_npi = l.provider_npi
    and n.service_date = l.service_date
    and n.ncci_setting = l.ncci_setting
    and l.hcpcs_code is not null
left join (
    select claim_id_one as claim_id, line_number_one as line_number from ptp_listed
    union
    select claim_id_two as claim_id, line_number_two as line_number from ptp_listed
) k on k.claim_id = l.claim_id and k.line_number = l.line_number
left join edition w
    on w.table_name = case l.ncci_setting when 'hospital' then 'ptp/hospital' else 'ptp' end
    and w.is_whole
    and l.service_date >= w.effective_date
    and l.service_date <= coalesce(w.end_date, date '9999-12-31')
