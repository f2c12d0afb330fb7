{{ config(materialized='monthly') }}

-- One dimension at a time: month by title by industry by city together would have nearly a row per posting.
select
    posting_month,
    title_id,
    'industry' as dimension,
    industry_id as value,
    cast(null as varchar) as country,
    count(*) as postings,
    {{ this_fingerprint() }} as input_fingerprint
from {{ ref('int_counted_postings') }}
where posting_month = {{ this_month() }}
group by all
union all
select
    posting_month,
    title_id,
    'city' as dimension,
    city as value,
    country,
    count(*) as postings,
    {{ this_fingerprint() }} as input_fingerprint
from {{ ref('int_counted_postings') }}
where posting_month = {{ this_month() }}
group by all
