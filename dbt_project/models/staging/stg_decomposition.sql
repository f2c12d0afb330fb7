-- One row per pair of windows, axis and component of the change of the market.
select
    pair,
    axis,
    component,
    base_postings,
    current_postings,
    difference,
    contribution,
    contribution_low,
    contribution_high,
    change,
    at_market_rate,
    beyond_market,
    employers,
    withheld
from {{ dataset('decomposition') }}
