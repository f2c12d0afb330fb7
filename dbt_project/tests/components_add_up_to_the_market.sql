-- Fails on each pair and axis whose components do not add up to the postings of the market.
with axes as (
    select
        pair,
        axis,
        sum(base_postings) as base_postings,
        sum(current_postings) as current_postings
    from {{ ref('mart_decomposition') }}
    group by pair, axis
)

select axes.*
from axes
inner join {{ ref('mart_market_yoy') }} as market on axes.pair = market.pair
where
    axes.base_postings <> market.base_postings
    or axes.current_postings <> market.current_postings
