{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='posting_month',
    on_schema_change='sync_all_columns',
    pre_hook="{{ delete_changed_months(role_settings()) }}"
) }}

{%- set months = cube_months(role_settings()) %}
{%- set stale = stale_cube_months(months) %}

with postings as (
    select
        months.posting_month,
        months.input_fingerprint,
        scopes.scope_id,
        titles.role_id,
        postings.employer_group,
        postings.country,
        postings.skill_ids,
        postings.industry_id,
        postings.city,
        postings.employer_size_band,
        postings.education_floor,
        postings.experience_band
    from {{ ref('int_counted_postings') }} as postings
    inner join (values {{ month_values(stale) }}) as months (posting_month, input_fingerprint)
        on postings.posting_month = months.posting_month
    inner join {{ ref('int_role_titles') }} as titles on postings.title_id = titles.title_id
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.industries is null or list_contains(scopes.industries, postings.industry_id)
    where postings.posting_month in ({{ month_literals(stale) }})
),

-- One dimension at a time: together they would have nearly a row per posting.
cells as (
    select
        posting_month,
        input_fingerprint,
        scope_id,
        role_id,
        employer_group,
        case
            when grouping(industry_id) = 0 then 'industry'
            when grouping(city) = 0 then 'city'
            when grouping(employer_size_band) = 0 then 'company_size'
            when grouping(education_floor) = 0 then 'education'
            when grouping(experience_band) = 0 then 'experience'
            else 'all'
        end as dimension,
        case
            when grouping(industry_id) = 0 then coalesce(industry_id, 'not stated')
            when grouping(city) = 0 then coalesce(city, 'not stated')
            when grouping(employer_size_band) = 0 then coalesce(employer_size_band, 'not stated')
            when grouping(education_floor) = 0 then coalesce(education_floor, 'not stated')
            when grouping(experience_band) = 0 then coalesce(experience_band, 'not stated')
            else ''
        end as value,
        case
            when grouping(city) = 0 and city is not null then coalesce(country, 'not stated') else ''
        end as country,
        count(*) as postings
    from postings
    group by grouping sets (  -- noqa: PRS
        (posting_month, input_fingerprint, scope_id, role_id, employer_group),
        (posting_month, input_fingerprint, scope_id, role_id, employer_group, industry_id),
        (posting_month, input_fingerprint, scope_id, role_id, employer_group, city, country),
        (posting_month, input_fingerprint, scope_id, role_id, employer_group, employer_size_band),
        (posting_month, input_fingerprint, scope_id, role_id, employer_group, education_floor),
        (posting_month, input_fingerprint, scope_id, role_id, employer_group, experience_band)
    )
),

-- `all` names no skills: see int_counted_postings. A posting that names a skill twice asks for it once.
skills as (
    select
        posting_month,
        input_fingerprint,
        scope_id,
        role_id,
        employer_group,
        unnest(list_distinct(skill_ids)) as value
    from postings
    where role_id <> 'all'
)

select
    posting_month,
    scope_id,
    role_id,
    dimension,
    value,
    country,
    employer_group,
    sum(postings)::bigint as postings,
    input_fingerprint
from cells
group by all
union all
select
    posting_month,
    scope_id,
    role_id,
    'skill' as dimension,
    value,
    '' as country,
    employer_group,
    count(*) as postings,
    input_fingerprint
from skills
group by all
