-- One row per provider number that stands anywhere in the claims, with whether it can be an NPI:
-- ten digits, the tenth the Luhn check digit of 80840 (which adds 24) and the nine before it (45 CFR 162.406).
select
    d.npi,
    case
        when not regexp_matches(d.npi, '^[0-9]{10}$') then false
        else (
            24
            + cast(substr(d.npi, 1, 1) as integer) * 2 - case when substr(d.npi, 1, 1) >= '5' then 9 else 0 end
            + cast(substr(d.npi, 2, 1) as integer)
            + cast(substr(d.npi, 3, 1) as integer) * 2 - case when substr(d.npi, 3, 1) >= '5' then 9 else 0 end
            + cast(substr(d.npi, 4, 1) as integer)
            + cast(substr(d.npi, 5, 1) as integer) * 2 - case when substr(d.npi, 5, 1) >= '5' then 9 else 0 end
            + cast(substr(d.npi, 6, 1) as integer)
            + cast(substr(d.npi, 7, 1) as integer) * 2 - case when substr(d.npi, 7, 1) >= '5' then 9 else 0 end
            + cast(substr(d.npi, 8, 1) as integer)
            + cast(substr(d.npi, 9, 1) as integer) * 2 - case when substr(d.npi, 9, 1) >= '5' then 9 else 0 end
            + cast(substr(d.npi, 10, 1) as integer)
        ) % 10 = 0
    end as is_possible
from (
    select n.npi from claim_npi n
    union
    select l.npi from line_npi l
    union
    select p.identifier as npi from claim_party p where p.identifier_type = 'XX' and p.identifier is not null
) d
