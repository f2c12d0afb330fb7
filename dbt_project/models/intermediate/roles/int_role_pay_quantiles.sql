{{ config(materialized='table') }}

-- Exact quantiles of DECIMALs: the same in every run, whatever the order of the rows. Six decimals,
-- because the interpolation between two values keeps the scale of its input.
with paid as (
    select
        pair,
        scope_id,
        role_id,
        coalesce(pay_currency, 'not stated') as currency,
        coalesce(city, 'not stated') as city,
        case when city is null then '' else coalesce(country, 'not stated') end as country,
        pay_monthly::decimal(18, 6) as pay_monthly
    from (
        {{ role_postings(
            ['windows.pair', 'postings.pay_currency', 'postings.city', 'postings.country', 'postings.pay_monthly'],
            ref('int_windows') ~ ' as windows inner join ' ~ ref('int_counted_postings') ~ ' as postings on '
            ~ in_window('postings.posting_month', 'current'),
            'postings.pay_monthly is not null',
        ) }}
    )
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
