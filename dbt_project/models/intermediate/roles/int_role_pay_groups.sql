{{ config(materialized='table') }}

with by_city as (
    select
        pair,
        scope_id,
        role_id,
        pay_currency,
        city,
        country,
        employer_group,
        count(*) as postings,
        count(pay_monthly) as stating,
        coalesce(sum(pay_monthly), 0) as pay
    from (
        {{ window_pay(only_stating=false) }}
    )
    group by all
),

named as (
    select
        pair,
        scope_id,
        role_id,
        coalesce(pay_currency, 'not stated') as currency,
        coalesce(city, 'not stated') as city,
        case when city is null then '' else coalesce(country, 'not stated') end as country,
        employer_group,
        postings,
        stating,
        pay
    from by_city
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
    sum(postings)::bigint as postings,
    sum(stating)::bigint as stating,
    sum(pay)::decimal(38, 3) as pay
from named
group by grouping sets (  -- noqa: PRS
    (pair, scope_id, role_id, currency, employer_group),
    (pair, scope_id, role_id, currency, employer_group, city, country)
)
