-- `inside`: the roles that contain this one, comma-joined.
select
    named.role_id,
    named.role_en,
    named.role_zh,
    named.inside,
    named.position
from (values {{ role_rows() }}) as named (role_id, role_en, role_zh, inside, position)
