-- One row per visit on a professional claim, with its kind and the modifiers that set it apart from surgery.
-- Visits by number: office, consultation, hospital, emergency, nursing facility, home, and the eye examinations that
-- count as visits. Critical care (99291, 99292) and preventive visits are paid by rules of their own.
select
    v.claim_id,
    v.line_number,
    v.claim_type,
    v.patient_id,
    v.billing_provider_npi,
    v.provider_npi,
    v.service_date,
    v.hcpcs_code,
    v.place_of_service,
    v.visit_kind,
    v.has_24,
    v.has_25,
    v.has_57,
    v.has_ft
from (
    select
        l.claim_id,
        l.line_number,
        l.claim_type,
        l.patient_id,
        l.billing_provider_npi,
        l.provider_npi,
        l.service_date,
        l.hcpcs_code,
        l.place_of_service,
        case
            when l.hcpcs_code between '99201' and '99205' or l.hcpcs_code between '99211' and '99215' then 'office'
            when l.hcpcs_code between '99217' and '99239' then 'hospital'
            when l.hcpcs_code between '99241' and '99245' or l.hcpcs_code between '99251' and '99255' then 'consultation'
            when l.hcpcs_code between '99281' and '99285' then 'emergency'
            when l.hcpcs_code between '99304' and '99318' then 'nursing facility'
            when l.hcpcs_code between '99324' and '99337' or l.hcpcs_code between '99341' and '99350' then 'home'
            when l.hcpcs_code in ('92002', '92004', '92012', '92014') then 'eye examination'
        end as visit_kind,
        case when '24' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as has_24,
        case when '25' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as has_25,
        case when '57' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as has_57,
        case when 'FT' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as has_ft
    from service_line l
    where l.claim_type = 'professional' and l.hcpcs_code between '92002' and '99350'
) v
where v.visit_kind is not null
