-- One row per line of an institutional claim, with its code's status indicator under the outpatient system that day.
-- Null where the line has no HCPCS code, or the loaded table does not have it.
select
    l.claim_id,
    l.line_number,
    l.bill_kind,
    l.service_date,
    l.revenue_code,
    l.hcpcs_code,
    l.modifier_1,
    l.modifier_2,
    l.modifier_3,
    l.modifier_4,
    l.units,
    a.status_indicator
from institutional_line l
left join apc a
    on a.hcpcs_code = l.hcpcs_code
    and l.service_date >= a.effective_date
    and l.service_date <= coalesce(a.end_date, date '9999-12-31')
