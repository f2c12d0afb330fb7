select
    found.pair,
    found.title_id,
    titles.title_en,
    found.reason,
    found.method,
    round(found.base_postings, 1) as base_postings,
    round(found.current_postings, 1) as current_postings,
    round(found.change, 6) as change,
    round(found.change_low, 6) as change_low,
    round(found.change_high, 6) as change_high,
    round(found.fall_q_value, 6) as fall_q_value,
    round(found.previous_change, 6) as previous_change,
    round(found.previous_change_low, 6) as previous_change_low,
    round(found.previous_change_high, 6) as previous_change_high,
    found.neighbours,
    round(found.neighbours_change, 6) as neighbours_change,
    round(found.difference, 6) as difference,
    round(found.difference_high, 6) as difference_high,
    round(found.difference_q_value, 6) as difference_q_value,
    found.verdict,
    {{ version_columns() }}
from {{ ref('stg_watch_list') }} as found
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_titles') }} as titles on found.title_id = titles.title_id
order by found.pair, found.reason, found.title_id
