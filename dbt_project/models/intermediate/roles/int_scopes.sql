-- No list of industries: all of them, and the postings that state none.
select
    named.scope_id,
    named.scope_en,
    named.scope_zh,
    named.industries,
    named.position
from (values {{ scope_rows() }}) as named (scope_id, scope_en, scope_zh, industries, position)
