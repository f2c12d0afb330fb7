{{ config(materialized='table') }}

with postings as (
    select
        posting_id,
        posting_month,
        title_id,
        industry_id,
        employer_group
    from {{ ref('int_classified_postings') }}
    where posting_id in (select applications.posting_id from {{ ref('stg_applications') }} as applications)
)

-- An application for a posting that the study does not have is none of any role's.
select
    scopes.scope_id,
    titles.role_id,
    applications.applicant_id,
    applications.posting_id,
    applications.applied_month,
    postings.posting_month,
    postings.employer_group
from {{ ref('stg_applications') }} as applications
inner join postings on applications.posting_id = postings.posting_id
inner join {{ ref('int_role_titles') }} as titles on postings.title_id = titles.title_id
inner join {{ ref('int_scopes') }} as scopes
    on scopes.industries is null or list_contains(scopes.industries, postings.industry_id)
