-- One row per service on a professional claim that may open or meet a global period: the surgeon's own.
-- Left out: visits and laboratory tests, which have no such period; what an assistant did (80, 81, 82, AS); care before
-- or after alone (55, 56). The modifier 58, 78 or 79, if any, says how the service stands to an earlier one.
select
    s.claim_id,
    s.line_number,
    s.claim_type,
    s.patient_id,
    s.billing_provider_npi,
    s.provider_npi,
    s.service_date,
    s.hcpcs_code,
    s.has_54,
    s.return_modifier
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
        case when '54' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as has_54,
        case
            when '58' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then '58'
            when '78' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then '78'
            when '79' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then '79'
        end as return_modifier,
        case
            when coalesce(l.modifier_1, '') in ('55', '56', '80', '81', '82', 'AS') then 1
            when coalesce(l.modifier_2, '') in ('55', '56', '80', '81', '82', 'AS') then 1
            when coalesce(l.modifier_3, '') in ('55', '56', '80', '81', '82', 'AS') then 1
            when coalesce(l.modifier_4, '') in ('55', '56', '80', '81', '82', 'AS') then 1
            else 0
        end as is_of_another
    from service_line l
    where l.claim_type = 'professional'
    and not l.hcpcs_code between '80000' and '89999'
    and not l.hcpcs_code between '99201' and '99499'
) s
where s.is_of_another = 0
