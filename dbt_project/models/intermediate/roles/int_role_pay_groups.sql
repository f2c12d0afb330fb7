{{ config(materialized='table') }}

with in_window as (
    select
        windows.pair,
        cells.scope_id,
        cells.role_id,
        cells.currency,
        cells.city,
        cells.country,
        cells.employer_group,
        cells.postings,
        cells.stating,
        cells.pay
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_role_month_pay') }} as cells
        on {{ in_window('cells.posting_month', 'current') }}
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
from in_window
group by grouping sets (  -- noqa: PRS
    (pair, scope_id, role_id, currency, employer_group),
    (pair, scope_id, role_id, currency, employer_group, city, country)
)
