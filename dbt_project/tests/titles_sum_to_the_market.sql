{{ config(description="Titles, the unassigned included, industries and cities each add up to the market.") }}
with parts as (
    select
        'mart_title_yoy' as mart,
        pair,
        base_postings,
        current_postings
    from {{ ref('mart_title_yoy') }}
    union all
    select
        'mart_industry' as mart,
        pair,
        base_postings,
        current_postings
    from {{ ref('mart_industry') }}
    union all
    select
        'mart_city' as mart,
        pair,
        base_postings,
        current_postings
    from {{ ref('mart_city') }}
),

sums as (
    select
        mart,
        pair,
        sum(base_postings) as base_postings,
        sum(current_postings) as current_postings
    from parts
    group by mart, pair
)

select
    sums.mart,
    market.pair,
    sums.base_postings,
    market.base_postings as market_base_postings,
    sums.current_postings,
    market.current_postings as market_current_postings
from {{ ref('mart_market_yoy') }} as market
inner join sums on market.pair = sums.pair
where
    sums.base_postings <> market.base_postings
    or sums.current_postings <> market.current_postings
