select
    found.pair,
    found.axis,
    found.component,
    found.base_postings,
    found.current_postings,
    found.difference,
    round(found.contribution, 6) as contribution,
    round(found.contribution_low, 6) as contribution_low,
    round(found.contribution_high, 6) as contribution_high,
    round(found.change, 6) as change,
    round(found.at_market_rate, 6) as at_market_rate,
    round(found.beyond_market, 6) as beyond_market,
    found.employers,
    found.withheld,
    {{ version_columns() }}
from {{ ref('stg_decomposition') }} as found
cross join {{ ref('int_versions') }} as versions
order by found.pair, found.axis, found.component
