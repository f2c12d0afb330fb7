-- What may be shown of int_role_people; null where a count is withheld.
with withheld as (
    select
        pair,
        scope_id,
        role_id,
        list(table_name) as table_names
    from {{ ref('int_withheld') }}
    where value = ''
    group by pair, scope_id, role_id
)

select
    people.pair,
    people.scope_id,
    people.role_id,
    people.base_applicants = 0 as has_no_base,
    case
        when not coalesce(list_contains(withheld.table_names, 'base_applicants'), false)
            then people.base_applicants
    end as base_applicants,
    case
        when not coalesce(list_contains(withheld.table_names, 'current_applicants'), false)
            then people.current_applicants
    end as current_applicants,
    -- One without the other would give a bound.
    case
        when not coalesce(list_has_any(withheld.table_names, ['submissions', 'answered_postings']), false)
            then people.submissions
    end as submissions,
    case
        when not coalesce(list_has_any(withheld.table_names, ['submissions', 'answered_postings']), false)
            then people.answered_postings
    end as answered_postings
from {{ ref('int_role_people') }} as people
left join withheld
    on
        people.pair = withheld.pair
        and people.scope_id = withheld.scope_id
        and people.role_id = withheld.role_id
