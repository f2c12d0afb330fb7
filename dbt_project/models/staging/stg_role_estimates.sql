-- Pay is stated in a currency or in none that is named; every other figure has no currency at all.
select
    pair,
    scope_id,
    role_id,
    measure,
    value,
    country,
    case when measure = 'pay' then currency else '' end as currency,
    method,
    postings,
    estimate,
    low,
    high
from {{ dataset('role_estimates') }}
