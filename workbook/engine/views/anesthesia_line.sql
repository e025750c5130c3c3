-- One row per professional line of anesthesia that is paid by time, with the modifier that says who gave it.
-- giver_count says how many such modifiers the line has. Daily care of a catheter (01996), local blocks (01991, 01992), burns
-- added by area (01953) and care of a donor (01990) are left out.
select
    a.claim_id,
    a.line_number,
    a.hcpcs_code,
    a.patient_id,
    a.provider_npi,
    a.service_date,
    a.claim_filing_code,
    a.frequency_code,
    a.units,
    a.unit_basis,
    a.has_repeat_modifier,
    a.has_resident,
    a.is_aa + a.is_ad + a.is_qk + a.is_qx + a.is_qy + a.is_qz as giver_count,
    case
        when a.is_aa = 1 then 'AA'
        when a.is_ad = 1 then 'AD'
        when a.is_qk = 1 then 'QK'
        when a.is_qx = 1 then 'QX'
        when a.is_qy = 1 then 'QY'
        when a.is_qz = 1 then 'QZ'
    end as giver
from (
    select
        l.claim_id,
        l.line_number,
        l.hcpcs_code,
        l.patient_id,
        l.provider_npi,
        l.service_date,
        l.claim_filing_code,
        l.frequency_code,
        l.units,
        l.unit_basis,
        case when 'AA' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as is_aa,
        case when 'AD' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as is_ad,
        case when 'QK' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as is_qk,
        case when 'QX' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as is_qx,
        case when 'QY' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as is_qy,
        case when 'QZ' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as is_qz,
        case when 'GC' in (l.modifier_1, l.modifier_2, l.modifier_3, l.modifier_4) then 1 else 0 end as has_resident,
        case
            when l.modifier_1 in ('59', '76', '77', '78', '79', 'XE', 'XP', 'XS', 'XU')
                or l.modifier_2 in ('59', '76', '77', '78', '79', 'XE', 'XP', 'XS', 'XU')
                or l.modifier_3 in ('59', '76', '77', '78', '79', 'XE', 'XP', 'XS', 'XU')
                or l.modifier_4 in ('59', '76', '77', '78', '79', 'XE', 'XP', 'XS', 'XU')
                then 1 else 0
        end as has_repeat_modifier
    from service_line l
    where l.claim_type = 'professional'
    and l.frequency_code <> '8'
    and regexp_matches(l.hcpcs_code, '^0[01][0-9]{3}$')
    and l.hcpcs_code >= '00100'
    and l.hcpcs_code not in ('01953', '01990', '01991', '01992', '01996')
) a
