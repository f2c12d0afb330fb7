select
    found.pair,
    found.title_id,
    titles.title_en,
    found.neighbour_id,
    near.title_en as neighbour_en,
    found.method,
    round(found.change, 6) as change,
    round(found.neighbour_change, 6) as neighbour_change,
    round(found.difference_in_differences, 6) as difference_in_differences,
    round(found.difference_low, 6) as difference_low,
    round(found.difference_high, 6) as difference_high,
    round(found.z, 6) as z,
    round(found.p_value, 6) as p_value,
    round(found.q_value, 6) as q_value,
    round(found.previous_difference, 6) as previous_difference,
    {{ version_columns() }}
from {{ ref('stg_near_contrasts') }} as found
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_titles') }} as titles on found.title_id = titles.title_id
left join {{ ref('int_titles') }} as near on found.neighbour_id = near.title_id
order by found.pair asc, found.z desc, found.title_id asc, found.neighbour_id asc
