-- One row per pair of windows, country (`*`: all that the benchmark has, at this study's weights) and
-- series of an outside index.
select
    pair,
    country,
    series,
    base_level,
    current_level,
    base_days,
    current_days,
    benchmark_change,
    base_postings,
    current_postings,
    change,
    change_low,
    change_high,
    withheld,
    panel_change,
    panel_change_low,
    panel_change_high,
    market_change,
    difference,
    explained_by_mix,
    unexplained,
    source,
    licence
from {{ dataset('benchmark') }}
