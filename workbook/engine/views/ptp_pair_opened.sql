-- One row per pair of ptp_pair that carries a modifier which NCCI accepts, whatever the pair's indicator.
-- A modifier counts on the column 2 line; an anatomical one on either; 59, XE, XS, XP and XU on either since 2019-07-01.
select distinct p.claim_id_one, p.line_number_one, p.claim_id_two, p.line_number_two
from ptp_pair p
join ncci_modifier m
    on (
        m.modifier in (p.modifier_1_two, p.modifier_2_two, p.modifier_3_two, p.modifier_4_two)
        or (
            m.modifier in (p.modifier_1_one, p.modifier_2_one, p.modifier_3_one, p.modifier_4_one)
            and (m.kind = 'anatomical' or (m.kind = 'distinct' and p.service_date >= date '2019-07-01'))
        )
    )
    and p.service_date >= m.effective_date
    and p.service_date <= coalesce(m.end_date, date '9999-12-31')
