-- One row per provider number that a service line names for itself, with the provider's part in it.
select l.claim_id, l.line_number, 'rendering' as provider_role, l.rendering_provider_npi as npi
from claim_line l where l.rendering_provider_npi is not null
union all
select l.claim_id, l.line_number, 'ordering' as provider_role, l.ordering_provider_npi as npi
from claim_line l where l.ordering_provider_npi is not null
union all
select l.claim_id, l.line_number, 'referring' as provider_role, l.referring_provider_npi as npi
from claim_line l where l.referring_provider_npi is not null
union all
select l.claim_id, l.line_number, 'supervising' as provider_role, l.supervising_provider_npi as npi
from claim_line l where l.supervising_provider_npi is not null
