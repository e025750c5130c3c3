-- One row per service line, with its units, those of its day, and the NCCI unit limit of its setting on that day.
-- The limit is null where none is published for the code, or no table judges the line.
select
    t.claim_id,
    t.line_number,
    t.ncci_setting,
    t.service_date,
    t.hcpcs_code,
    t.units,
    t.units_that_day,
    m.mue_value,
    m.mai
from line_with_daily_units t
left join mue m
    on m.hcpcs_code = t.hcpcs_code
    and m.setting = t.ncci_setting
    and t.service_date >= m.effective_date
    and t.service_date <= coalesce(m.end_date, date '9999-12-31')
