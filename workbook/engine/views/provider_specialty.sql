-- One row per provider number for which a claim states a specialty: the taxonomy code that is stated most often.
select t.provider_npi, t.taxonomy_code
from (
    select
        p.provider_npi,
        p.taxonomy_code,
        row_number() over (partition by p.provider_npi order by p.times desc, p.taxonomy_code) as place
    from (
        select identifier as provider_npi, taxonomy_code, count(*) as times
        from claim_party
        where role in ('rendering', 'billing') and identifier_type = 'XX' and taxonomy_code is not null
        group by identifier, taxonomy_code
    ) p
) t
where t.place = 1
