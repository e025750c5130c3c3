-- One row per provider number in a column of a claim, with the provider's part in it.
select c.claim_id, 'billing' as provider_role, c.billing_provider_npi as npi
from claim c where c.billing_provider_npi is not null
union all
select c.claim_id, 'rendering' as provider_role, c.rendering_provider_npi as npi
from claim c where c.rendering_provider_npi is not null
union all
select c.claim_id, 'referring' as provider_role, c.referring_provider_npi as npi
from claim c where c.referring_provider_npi is not null
union all
select c.claim_id, 'supervising' as provider_role, c.supervising_provider_npi as npi
from claim c where c.supervising_provider_npi is not null
union all
select c.claim_id, 'attending' as provider_role, c.attending_provider_npi as npi
from claim c where c.attending_provider_npi is not null
union all
select c.claim_id, 'operating' as provider_role, c.operating_provider_npi as npi
from claim c where c.operating_provider_npi is not null
union all
select c.claim_id, 'facility' as provider_role, c.facility_npi as npi
from claim c where c.facility_npi is not null
