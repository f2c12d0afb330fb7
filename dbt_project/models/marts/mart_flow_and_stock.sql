select
    monthly.source,
    monthly.month,
    monthly.days as days_observed,
    monthly.opened,
    monthly.closed,
    round(monthly.stock, 1) as stock,
    round(monthly.opened / nullif(monthly.days, 0)::double, 2) as opened_a_day,
    round(monthly.closed / nullif(monthly.days, 0)::double, 2) as closed_a_day,
    {{ version_columns() }}
from {{ ref('stg_flow_and_stock') }} as monthly
cross join {{ ref('int_versions') }} as versions
where monthly.days > 0
order by monthly.source, monthly.month
