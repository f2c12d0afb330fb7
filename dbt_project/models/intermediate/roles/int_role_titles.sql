select
    named.role_id,
    named.title_id
from (values {{ role_title_rows() }}) as named (role_id, title_id)
where named.role_id is not null
union all
select
    'all' as role_id,
    title_id
from {{ ref('int_titles') }}
