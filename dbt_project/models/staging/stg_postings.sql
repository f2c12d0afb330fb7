-- The text of a posting stays in its Parquet files: no figure needs it here.
select
    posting_id,
    source,
    posting_month,
    posted_date,
    nullif(employer_id, 'unknown') as employer_id,
    employer_kind,
    employer_size,
    nullif(trim(industry), '') as industry,
    nullif(trim(city), '') as city,
    nullif(trim(region), '') as region,
    nullif(trim(country), '') as country,
    nullif(trim(pay_currency), '') as pay_currency,
    pay_monthly_min,
    pay_monthly_max
from {{ dataset('postings') }}
