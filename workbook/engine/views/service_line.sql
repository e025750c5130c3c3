-- One row per service line, with what it takes from its claim: patient, provider, place, type and received date.
-- The provider of a hospital's line is the hospital. `ncci_setting` names the NCCI tables that judge the line: hospital
-- for the outpatient bills 12x, 13x and 14x, practitioner for professional claims, none for the others. A line that spans days has
-- its units divided by its days, rounded (NCCI Policy Manual, chapter I, section V), as its units a day.
select
    l.claim_id,
    l.line_number,
    c.claim_type,
    c.patient_id,
    c.billing_provider_npi,
    case
        when c.claim_type = 'institutional' then c.billing_provider_npi
        else coalesce(l.rendering_provider_npi, c.rendering_provider_npi, c.billing_provider_npi)
    end as provider_npi,
    case
        when c.claim_type = 'professional' then 'practitioner'
        when c.claim_type = 'institutional' and regexp_matches(c.type_of_bill, '^0?1[234]') then 'hospital'
    end as ncci_setting,
    l.service_from_date as service_date,
    coalesce(l.service_through_date, l.service_from_date) as service_through_date,
    c.received_date,
    l.hcpcs_code,
    l.modifier_1,
    l.modifier_2,
    l.modifier_3,
    l.modifier_4,
    coalesce(l.place_of_service, c.place_of_service) as place_of_service,
    l.units,
    case
        when l.service_through_date > l.service_from_date
            then cast(round(l.units / (date_diff('day', l.service_from_date, l.service_through_date) + 1), 0) as decimal(12, 3))
        else l.units
    end as units_a_day,
    l.unit_basis,
    l.billed_amount,
    l.non_covered_amount,
    l.ndc,
    l.revenue_code,
    coalesce(c.frequency_code, '1') as frequency_code,
    c.frequency_code as stated_frequency_code,
    c.original_claim_id,
    c.claim_filing_code,
    c.type_of_bill,
    c.accepts_assignment,
    c.statement_from_date
from claim_line l
join claim c on c.claim_id = l.claim_id
