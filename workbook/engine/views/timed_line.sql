-- One row per professional line of one day whose code has a time, with the fewest minutes it stands for.
-- is_defined_by_time is 1 where nothing but time is billed: timed therapy (15 minutes a unit, 8 are enough for the first),
-- psychotherapy, critical care, prolonged services; 0 for visits, which may be chosen by decision making as well. What an
-- assistant gave (CQ, CO) is left out. is_shared_number is 1 where the provider is the billing provider, who may be many.
select
    t.claim_id,
    t.line_number,
    t.hcpcs_code,
    t.provider_npi,
    t.service_date,
    t.is_defined_by_time,
    t.is_shared_number,
    case
        when t.kind = 'therapy' then t.units * 15 - 7
        when t.kind = 'unit' then t.units * t.minutes
        else t.minutes
    end as minutes
from (
    select
        l.claim_id,
        l.line_number,
        l.hcpcs_code,
        l.provider_npi,
        l.service_date,
        l.units,
        case when l.hcpcs_code between '99202' and '99233' or l.hcpcs_code between '99304' and '99310' then 0 else 1 end
            as is_defined_by_time,
        case when l.provider_npi = l.billing_provider_npi then 1 else 0 end as is_shared_number,
        case
            when l.hcpcs_code between '97032' and '97763' then 'therapy'
            when l.hcpcs_code in ('99292', '99417', '99418', 'G2212', 'G0316', 'G0317', 'G0318') then 'unit'
            else 'line'
        end as kind,
        case
            when l.hcpcs_code in (
                '97032', '97033', '97034', '97035', '97036', '97110', '97112', '97113', '97116', '97124', '97140',
                '97530', '97533', '97535', '97537', '97542', '97750', '97755', '97760', '97761', '97763',
                '99202', '99417', '99418', 'G2212', 'G0316', 'G0317', 'G0318'
            ) then 15
            when l.hcpcs_code in ('90832', '90833') then 16
            when l.hcpcs_code in ('90834', '90836') then 38
            when l.hcpcs_code in ('90837', '90838') then 53
            when l.hcpcs_code in ('99291', '99292', '99203', '99214', '99309') then 30
            when l.hcpcs_code in ('99204', '99310') then 45
            when l.hcpcs_code = '99205' then 60
            when l.hcpcs_code in ('99212', '99307') then 10
            when l.hcpcs_code = '99308' then 15
            when l.hcpcs_code = '99213' then 20
            when l.hcpcs_code in ('99215', '99221') then 40
            when l.hcpcs_code = '99222' then 55
            when l.hcpcs_code = '99223' then 75
            when l.hcpcs_code in ('99231', '99304') then 25
            when l.hcpcs_code in ('99232', '99305') then 35
            when l.hcpcs_code = '99233' then 50
            when l.hcpcs_code = '99306' then 45
        end as minutes
    from service_line l
    where l.claim_type = 'professional'
    and l.frequency_code not in ('7', '8')
    and l.service_through_date = l.service_date
    and l.units > 0
    and coalesce(l.modifier_1, '') not in ('CO', 'CQ')
    and coalesce(l.modifier_2, '') not in ('CO', 'CQ')
    and coalesce(l.modifier_3, '') not in ('CO', 'CQ')
    and coalesce(l.modifier_4, '') not in ('CO', 'CQ')
) t
where t.minutes is not null
