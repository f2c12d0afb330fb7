{{ config(materialized='table') }}

with postings as (
    select
        windows.pair,
        scopes.scope_id,
        titles.role_id,
        coalesce(postings.pay_currency, 'not stated') as currency,
        coalesce(postings.city, 'not stated') as city,
        case when postings.city is null then '' else coalesce(postings.country, 'not stated') end as country,
        postings.employer_group,
        postings.pay_monthly
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_counted_postings') }} as postings
        on {{ in_window('postings.posting_month', 'current') }}
    inner join {{ ref('int_role_titles') }} as titles on postings.title_id = titles.title_id
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.industries is null or list_contains(scopes.industries, postings.industry_id)
)

-- No city: all places together.
select
    pair,
    scope_id,
    role_id,
    currency,
    coalesce(city, '') as city,
    coalesce(country, '') as country,
    employer_group,
    count(*) as postings,
    count(pay_monthly) as stating,
    coalesce(sum(pay_monthly), 0)::decimal(38, 3) as pay
from postings
group by grouping sets (  -- noqa: PRS
    (pair, scope_id, role_id, currency, employer_group),
    (pair, scope_id, role_id, currency, employer_group, city, country)
)
