-- One row per claim, dated by its first and last day of service.
select
    c.claim_id,
    c.claim_type,
    c.patient_id,
    c.billing_provider_npi,
    c.billed_amount,
    c.received_date,
    coalesce(c.frequency_code, '1') as frequency_code,
    d.line_total_amount,
    d.line_count,
    coalesce(d.first_service_date, c.statement_from_date) as service_date,
    coalesce(d.last_service_date, c.statement_through_date) as service_through_date
from claim c
left join (
    select
        claim_id,
        min(service_from_date) as first_service_date,
        max(coalesce(service_through_date, service_from_date)) as last_service_date,
        sum(billed_amount) as line_total_amount,
        count(*) as line_count
    from claim_line
    group by claim_id
) d on d.claim_id = c.claim_id
