-- One row per service line, with its units, those of its day, and the NCCI unit limit of its setting on that day.
-- The units of a day are those of its code for the same patient, provider, day and setting. The limit is null where none is
-- published for the code, or no table judges the line.
select
    t.claim_id,
    t.line_number,
    t.claim_type,
    t.ncci_setting,
    t.service_date,
    t.hcpcs_code,
    t.units,
    t.units_a_day,
    coalesce(s.units_that_day, t.units_a_day) as units_that_day,
    m.mue_value,
    m.mai
from service_line t
left join (
    select patient_id, provider_npi, hcpcs_code, service_date, ncci_setting, sum(units_a_day) as units_that_day
    from service_line
    group by patient_id, provider_npi, hcpcs_code, service_date, ncci_setting
    having count(*) > 1
) s
    on s.patient_id = t.patient_id
    and s.provider_npi = t.provider_npi
    and s.hcpcs_code = t.hcpcs_code
    and s.service_date = t.service_date
    and s.ncci_setting = t.ncci_setting
left join mue m
    on m.hcpcs_code = t.hcpcs_code
    and m.setting = t.ncci_setting
    and t.service_date >= m.effective_date
    and t.service_date <= coalesce(m.end_date, date '9999-12-31')
