-- One row per month of the market and of each headline title.
select
    level,
    group_id,
    month,
    postings,
    method,
    adjusted,
    seasonal_factor,
    trend,
    year_before,
    change_on_year,
    opened,
    closed,
    stock
from {{ dataset('seasonal') }}
