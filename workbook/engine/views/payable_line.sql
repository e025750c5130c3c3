-- One row per service line with what decides what is paid for it.
-- That is who performed it, where, and what the claim says of payers. `service_zip` is where the service was rendered, or where
-- the billing provider sits. A hospital's claim that names no frequency has that of its type of bill. A hospital's line that states no date, as on a bill for a stay, has the first day billed.
select
    s.claim_id,
    s.line_number,
    s.claim_type,
    s.patient_id,
    s.billing_provider_npi,
    s.provider_npi,
    t.taxonomy_code as provider_taxonomy,
    coalesce(s.service_date, case when s.claim_type = 'institutional' then s.statement_from_date end) as service_date,
    s.service_through_date,
    s.received_date,
    s.hcpcs_code,
    s.modifier_1,
    s.modifier_2,
    s.modifier_3,
    s.modifier_4,
    s.place_of_service,
    z.zip_code as service_zip,
    s.units,
    s.unit_basis,
    s.billed_amount,
    s.non_covered_amount,
    s.ndc,
    s.revenue_code,
    coalesce(
        s.stated_frequency_code, case when s.claim_type = 'institutional' then nullif(right(s.type_of_bill, 1), '') end, '1'
    ) as frequency_code,
    s.original_claim_id,
    s.claim_filing_code,
    s.type_of_bill,
    s.accepts_assignment
from service_line s
left join provider_specialty t on t.provider_npi = s.provider_npi
left join (
    select claim_id, coalesce(max(case when role = 'facility' then zip_code end),
        max(case when role = 'billing' then zip_code end)) as zip_code
    from claim_party
    where line_number is null and role in ('facility', 'billing')
    group by claim_id
) z on z.claim_id = s.claim_id
