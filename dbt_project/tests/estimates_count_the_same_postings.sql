{{ config(description="An interval stands beside the very counts that it was computed from.") }}
with counts as (
    select
        pair,
        title_id,
        base_postings,
        current_postings
    from {{ ref('mart_title_yoy') }}
    union all
    select
        pair,
        '*' as title_id,
        base_postings,
        current_postings
    from {{ ref('mart_market_yoy') }}
)

select
    counts.*,
    estimates.base_postings as estimated_from_base,
    estimates.current_postings as estimated_from_current
from counts
inner join {{ ref('stg_estimates') }} as estimates
    on counts.pair = estimates.pair and counts.title_id = estimates.title_id
where
    counts.base_postings <> estimates.base_postings
    or counts.current_postings <> estimates.current_postings
