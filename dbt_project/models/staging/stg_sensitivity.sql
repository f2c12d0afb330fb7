-- One row per pair of windows, headline (the market or a title) and way to count it.
select
    pair,
    level,
    group_id,
    dimension,
    variant,
    base_postings,
    current_postings,
    change,
    change_low,
    change_high,
    withheld,
    difference,
    difference_low,
    difference_high,
    notes
from {{ dataset('sensitivity') }}
