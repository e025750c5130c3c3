-- One row per line of an institutional claim, with its bill and its revenue code in four digits.
select
    l.claim_id,
    l.line_number,
    i.patient_id,
    i.billing_provider_npi,
    i.claim_filing_code,
    i.bill_kind,
    i.bill_frequency,
    i.statement_from_date,
    i.statement_through_date,
    l.service_from_date as service_date,
    coalesce(l.service_through_date, l.service_from_date) as service_through_date,
    case when length(l.revenue_code) = 3 then concat('0', l.revenue_code) else l.revenue_code end as revenue_code,
    l.hcpcs_code,
    coalesce(l.modifier_1, '') as modifier_1,
    coalesce(l.modifier_2, '') as modifier_2,
    coalesce(l.modifier_3, '') as modifier_3,
    coalesce(l.modifier_4, '') as modifier_4,
    l.units,
    l.billed_amount,
    l.non_covered_amount
from claim_line l
join institutional_claim i on i.claim_id = l.claim_id
