{{ config(materialized='monthly') }}

select
    source,
    posting_month,
    count(*) as postings,
    count(distinct employer_id) as employers,
    min(posted_date) as first_posted,
    max(posted_date) as newest_posted,
    {{ this_fingerprint() }} as input_fingerprint
from {{ ref('stg_postings') }}
where posting_month = {{ this_month() }}
group by source, posting_month
