{{ config(materialized='monthly', meta={'of_roles': true}) }}

-- The whole market, one dimension at a time: together they would have nearly a row per posting. Straight from
-- the table, because a join in between makes it several times slower, and this is most of the work.
with market_cells as (
    select
        posting_month,
        employer_group,
        'all' as dimension,
        '' as value,
        '' as country,
        count(*) as postings
    from {{ ref('int_counted_postings') }}
    where posting_month = {{ this_month() }}
    group by all
    union all
    select
        posting_month,
        employer_group,
        'industry' as dimension,
        coalesce(industry_id, 'not stated') as value,
        '' as country,
        count(*) as postings
    from {{ ref('int_counted_postings') }}
    where posting_month = {{ this_month() }}
    group by all
    union all
    select
        posting_month,
        employer_group,
        'city' as dimension,
        coalesce(city, 'not stated') as value,
        case when city is not null then coalesce(country, 'not stated') else '' end as country,
        count(*) as postings
    from {{ ref('int_counted_postings') }}
    where posting_month = {{ this_month() }}
    group by all
    union all
    select
        posting_month,
        employer_group,
        'company_size' as dimension,
        coalesce(employer_size_band, 'not stated') as value,
        '' as country,
        count(*) as postings
    from {{ ref('int_counted_postings') }}
    where posting_month = {{ this_month() }}
    group by all
    union all
    select
        posting_month,
        employer_group,
        'education' as dimension,
        coalesce(education_floor, 'not stated') as value,
        '' as country,
        count(*) as postings
    from {{ ref('int_counted_postings') }}
    where posting_month = {{ this_month() }}
    group by all
    union all
    select
        posting_month,
        employer_group,
        'experience' as dimension,
        coalesce(experience_band, 'not stated') as value,
        '' as country,
        count(*) as postings
    from {{ ref('int_counted_postings') }}
    where posting_month = {{ this_month() }}
    group by all
),

-- The roles of the study, and the whole market in its scopes.
chosen as (
    select
        scopes.scope_id,
        titles.role_id,
        postings.posting_month,
        postings.employer_group,
        postings.country,
        postings.skill_ids,
        postings.industry_id,
        postings.city,
        postings.employer_size_band,
        postings.education_floor,
        postings.experience_band
    from {{ ref('int_counted_postings') }} as postings
    inner join {{ ref('int_role_titles') }} as titles
        on postings.title_id = titles.title_id and titles.role_id <> 'all'
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.industries is null or list_contains(scopes.industries, postings.industry_id)
    where postings.posting_month = {{ this_month() }}
    union all
    select
        scopes.scope_id,
        'all' as role_id,
        postings.posting_month,
        postings.employer_group,
        postings.country,
        null as skill_ids,
        postings.industry_id,
        postings.city,
        postings.employer_size_band,
        postings.education_floor,
        postings.experience_band
    from {{ ref('int_counted_postings') }} as postings
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.industries is not null and list_contains(scopes.industries, postings.industry_id)
    where postings.posting_month = {{ this_month() }}
),

chosen_cells as (
    select
        scope_id,
        role_id,
        posting_month,
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
    from chosen
    group by grouping sets (  -- noqa: PRS
        (scope_id, role_id, posting_month, employer_group),
        (scope_id, role_id, posting_month, employer_group, industry_id),
        (scope_id, role_id, posting_month, employer_group, city, country),
        (scope_id, role_id, posting_month, employer_group, employer_size_band),
        (scope_id, role_id, posting_month, employer_group, education_floor),
        (scope_id, role_id, posting_month, employer_group, experience_band)
    )
),

-- `all` names no skills: see int_counted_postings. A posting that names a skill twice asks for it once.
skills as (
    select
        scope_id,
        role_id,
        posting_month,
        employer_group,
        unnest(list_distinct(skill_ids)) as value
    from chosen
    where role_id <> 'all'
),

cells as (
    select
        'all_industries' as scope_id,
        'all' as role_id,
        posting_month,
        employer_group,
        dimension,
        value,
        country,
        postings
    from market_cells
    union all
    select
        scope_id,
        role_id,
        posting_month,
        employer_group,
        dimension,
        value,
        country,
        sum(postings) as postings
    from chosen_cells
    group by all
    union all
    select
        scope_id,
        role_id,
        posting_month,
        employer_group,
        'skill' as dimension,
        value,
        '' as country,
        count(*) as postings
    from skills
    group by all
)

select
    cells.posting_month,
    cells.scope_id,
    cells.role_id,
    cells.dimension,
    cells.value,
    cells.country,
    cells.employer_group,
    cells.postings::bigint as postings,
    {{ this_fingerprint() }} as input_fingerprint
from cells
