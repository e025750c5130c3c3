-- One row per line of an institutional claim, with what the loaded table says of its revenue code that day.
-- The three facts are null where the line has no revenue code, or one that the table does not have.
select
    l.claim_id,
    l.line_number,
    l.patient_id,
    l.billing_provider_npi,
    l.claim_filing_code,
    l.bill_kind,
    l.bill_frequency,
    l.service_date,
    l.revenue_code,
    l.hcpcs_code,
    r.needs_hcpcs,
    r.is_recognized,
    r.is_diagnostic
from institutional_line l
left join revenue_code r
    on r.revenue_code = l.revenue_code
    and l.service_date >= r.effective_date
    and l.service_date <= coalesce(r.end_date, date '9999-12-31')
