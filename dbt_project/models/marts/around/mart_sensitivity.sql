select
    found.pair,
    found.level,
    found.group_id,
    titles.title_en,
    found.dimension,
    found.variant,
    round(found.base_postings, 1) as base_postings,
    round(found.current_postings, 1) as current_postings,
    round(found.change, 6) as change,
    round(found.change_low, 6) as change_low,
    round(found.change_high, 6) as change_high,
    found.withheld,
    round(found.difference, 6) as difference,
    round(found.difference_low, 6) as difference_low,
    round(found.difference_high, 6) as difference_high,
    found.notes,
    {{ version_columns() }}
from {{ ref('stg_sensitivity') }} as found
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_titles') }} as titles on found.group_id = titles.title_id
order by found.pair, found.level, found.group_id, found.dimension, found.variant
