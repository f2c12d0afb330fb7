-- What may be shown of int_applicant_cells; null where a count is withheld.
select
    cells.pair,
    cells.scope_id,
    cells.role_id,
    cells.attribute,
    cells.value,
    case when withheld.value is null then cells.applicants end as applicants
from {{ ref('int_applicant_cells') }} as cells
left join {{ ref('int_withheld') }} as withheld
    on
        cells.attribute = withheld.table_name
        and cells.pair = withheld.pair
        and cells.scope_id = withheld.scope_id
        and cells.role_id = withheld.role_id
        and cells.value = withheld.value
