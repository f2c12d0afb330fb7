{{ config(materialized='table') }}

with people as (
    select distinct
        windows.pair,
        applications.scope_id,
        applications.role_id,
        applications.applicant_id
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_role_applications') }} as applications
        on {{ in_window('applications.applied_month', 'current') }}
    where windows.position = 1
),

-- The most frequent values of each attribute stand by themselves, the same in every role and scope; the rest
-- together.
frequent as (
    select
        attribute,
        value,
        value = 'not stated' or row_number() over (
            partition by attribute, value = 'not stated'
            order by count(*) desc, value asc
        ) <= {{ var('applicant_values') }} as stands_alone
    from {{ ref('int_applicants') }}
    group by attribute, value
),

counts as (
    select
        people.pair,
        people.scope_id,
        people.role_id,
        applicants.attribute,
        case when frequent.stands_alone then applicants.value else 'other' end as value,
        count(*) as applicants
    from people
    inner join {{ ref('int_applicants') }} as applicants on people.applicant_id = applicants.applicant_id
    inner join frequent on applicants.attribute = frequent.attribute and applicants.value = frequent.value
    group by all
),

places as (
    select distinct
        pair,
        scope_id,
        role_id
    from people
),

found as (
    select distinct
        attribute,
        value
    from counts
),

-- Every role and scope with every value: that nobody has it may have to be withheld too.
full_grid as (
    select
        places.pair,
        places.scope_id,
        places.role_id,
        found.attribute,
        found.value
    from places
    cross join found
)

select
    full_grid.pair,
    full_grid.scope_id,
    full_grid.role_id,
    full_grid.attribute,
    full_grid.value,
    coalesce(counts.applicants, 0) as applicants
from full_grid
left join counts
    on
        full_grid.pair = counts.pair
        and full_grid.scope_id = counts.scope_id
        and full_grid.role_id = counts.role_id
        and full_grid.attribute = counts.attribute
        and full_grid.value = counts.value
