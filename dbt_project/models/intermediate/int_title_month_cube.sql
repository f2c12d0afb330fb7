{{ config(materialized='monthly') }}

select
    posting_month,
    title_id,
    count(*) as postings,
    {{ this_fingerprint() }} as input_fingerprint
from {{ ref('int_counted_postings') }}
where posting_month = {{ this_month() }}
group by posting_month, title_id
