-- One row per professional claim that names who performed its services, or else who bills them.
select
    c.claim_id,
    coalesce(c.rendering_provider_npi, c.billing_provider_npi) as provider_npi
from claim c
where c.claim_type = 'professional'
    and coalesce(c.rendering_provider_npi, c.billing_provider_npi) is not null
