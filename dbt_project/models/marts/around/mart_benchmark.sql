select
    found.pair,
    found.country,
    found.series,
    round(found.base_level, 2) as base_level,
    round(found.current_level, 2) as current_level,
    found.base_days,
    found.current_days,
    round(found.benchmark_change, 6) as benchmark_change,
    found.base_postings,
    found.current_postings,
    round(found.change, 6) as change,
    round(found.change_low, 6) as change_low,
    round(found.change_high, 6) as change_high,
    found.withheld,
    round(found.panel_change, 6) as panel_change,
    round(found.panel_change_low, 6) as panel_change_low,
    round(found.panel_change_high, 6) as panel_change_high,
    round(found.market_change, 6) as market_change,
    round(found.difference, 6) as difference,
    round(found.explained_by_mix, 6) as explained_by_mix,
    round(found.unexplained, 6) as unexplained,
    found.source,
    found.licence,
    {{ version_columns() }}
from {{ ref('stg_benchmark') }} as found
cross join {{ ref('int_versions') }} as versions
order by found.pair, found.series, found.country
