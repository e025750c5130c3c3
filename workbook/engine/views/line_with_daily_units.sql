-- One row per service line, with all units of its code for the same patient, provider, day and NCCI setting.
-- A line that spans days counts its units divided by its days, rounded (NCCI Policy Manual, chapter I, section V).
select
    t.claim_id,
    t.line_number,
    t.claim_type,
    t.ncci_setting,
    t.patient_id,
    t.provider_npi,
    t.hcpcs_code,
    t.service_date,
    t.units,
    t.units_a_day,
    sum(t.units_a_day) over (
        partition by t.patient_id, t.provider_npi, t.hcpcs_code, t.service_date, t.ncci_setting
    ) as units_that_day
from (
    select
        l.claim_id,
        l.line_number,
        l.claim_type,
        l.ncci_setting,
        l.patient_id,
        l.provider_npi,
        l.hcpcs_code,
        l.service_date,
        l.units,
        case
            when l.service_through_date > l.service_date
                then cast(round(l.units / (date_diff('day', l.service_date, l.service_through_date) + 1), 0) as decimal(12, 3))
            else l.units
        end as units_a_day
    from service_line l
) t
