-- One row per pair of windows and pair of near titles, the faster one first.
select
    pair,
    title_id,
    neighbour_id,
    method,
    change,
    neighbour_change,
    difference_in_differences,
    difference_low,
    difference_high,
    z,
    p_value,
    q_value,
    previous_difference
from {{ dataset('near_contrasts') }}
