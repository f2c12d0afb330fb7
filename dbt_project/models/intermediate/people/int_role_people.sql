{{ config(materialized='table') }}

-- One row per count that a table of people may show: applicants are people, submissions are applications.
with windowed as (
    select
        windows.pair,
        applications.scope_id,
        applications.role_id,
        applications.applicant_id,
        applications.posting_id,
        {{ in_window('applications.applied_month', 'base') }} as is_base,
        {{ in_window('applications.applied_month', 'current') }} as is_current,
        {{ in_window('applications.posting_month', 'current') }} as is_for_current
    from {{ ref('int_windows') }} as windows
    cross join {{ ref('int_role_applications') }} as applications
)

select
    pair,
    scope_id,
    role_id,
    count(distinct case when is_base then applicant_id end) as base_applicants,
    count(distinct case when is_current then applicant_id end) as current_applicants,
    count(case when is_for_current then 1 end) as submissions,
    count(distinct case when is_for_current then posting_id end) as answered_postings
from windowed
where is_base or is_current or is_for_current
group by pair, scope_id, role_id
