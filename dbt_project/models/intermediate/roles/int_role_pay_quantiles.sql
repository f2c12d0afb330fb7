{{ config(materialized='table') }}

-- Exact quantiles of DECIMALs: the same in every run, whatever the order of the rows. Six decimals,
-- because the interpolation between two values keeps the scale of its input.
with paid as (
    select
        windows.pair,
        scopes.scope_id,
        titles.role_id,
        coalesce(postings.pay_currency, 'not stated') as currency,
        coalesce(postings.city, 'not stated') as city,
        case when postings.city is null then '' else coalesce(postings.country, 'not stated') end as country,
        postings.pay_monthly::decimal(24, 6) as pay_monthly
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_counted_postings') }} as postings
        on {{ in_window('postings.posting_month', 'current') }}
    inner join {{ ref('int_role_titles') }} as titles on postings.title_id = titles.title_id
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.industries is null or list_contains(scopes.industries, postings.industry_id)
    where postings.pay_monthly is not null
),

quantiles as (
    select
        pair,
        scope_id,
        role_id,
        currency,
        coalesce(city, '') as city,
        coalesce(country, '') as country,
        quantile_cont(pay_monthly, [0.25, 0.5, 0.75]) as quartiles
    from paid
    group by grouping sets (  -- noqa: PRS
        (pair, scope_id, role_id, currency),
        (pair, scope_id, role_id, currency, city, country)
    )
)

select
    pair,
    scope_id,
    role_id,
    currency,
    city,
    country,
    round(quartiles[1], 2)::double as p25_monthly,
    round(quartiles[2], 2)::double as median_monthly,
    round(quartiles[3], 2)::double as p75_monthly
from quantiles
