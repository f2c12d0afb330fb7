select
    found.level,
    found.group_id,
    titles.title_en,
    found.month,
    found.postings,
    found.method,
    round(found.adjusted, 1) as adjusted,
    round(found.seasonal_factor, 6) as seasonal_factor,
    round(found.trend, 1) as trend,
    found.year_before,
    round(found.change_on_year, 6) as change_on_year,
    found.opened,
    found.closed,
    round(found.stock, 1) as stock,
    {{ version_columns() }}
from {{ ref('stg_seasonal') }} as found
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_titles') }} as titles on found.group_id = titles.title_id
order by found.level, found.group_id, found.month
