{{ config(materialized='table') }}

with in_window as (
    select
        windows.pair,
        pay.scope_id,
        pay.role_id,
        pay.currency,
        pay.city,
        pay.country,
        pay.pay_monthly,
        sum(pay.postings)::bigint as postings
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_role_month_pay_values') }} as pay
        on {{ in_window('pay.posting_month', 'current') }}
    group by all
),

-- No city: all places together.
counted as (
    select
        pair,
        scope_id,
        role_id,
        currency,
        coalesce(city, '') as city,
        coalesce(country, '') as country,
        pay_monthly,
        sum(postings)::bigint as postings
    from in_window
    group by grouping sets (  -- noqa: PRS
        (pair, scope_id, role_id, currency, pay_monthly),
        (pair, scope_id, role_id, currency, pay_monthly, city, country)
    )
),

in_order as (
    select
        *,
        sum(postings) over (
            partition by pair, scope_id, role_id, currency, city, country order by pay_monthly
        )::bigint as up_to,
        sum(postings) over (partition by pair, scope_id, role_id, currency, city, country)::bigint as stating
    from counted
)

select
    pair,
    scope_id,
    role_id,
    currency,
    city,
    country,
    {{ counted_quantile(25, 'pay_monthly', 'up_to', 'stating') }} as p25_monthly,
    {{ counted_quantile(50, 'pay_monthly', 'up_to', 'stating') }} as median_monthly,
    {{ counted_quantile(75, 'pay_monthly', 'up_to', 'stating') }} as p75_monthly
from in_order
group by pair, scope_id, role_id, currency, city, country
