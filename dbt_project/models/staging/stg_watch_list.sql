-- One row per pair of windows, title and reason to watch it.
select
    pair,
    title_id,
    reason,
    method,
    base_postings,
    current_postings,
    change,
    change_low,
    change_high,
    fall_q_value,
    previous_change,
    previous_change_low,
    previous_change_high,
    neighbours,
    neighbours_change,
    difference,
    difference_high,
    difference_q_value,
    verdict
from {{ dataset('watch_list') }}
