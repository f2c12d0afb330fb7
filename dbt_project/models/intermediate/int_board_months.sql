{{ config(materialized='table') }}

select
    source,
    month,
    employer_id,
    count(*) as polls,
    count(*) filter (where result = 'failed') as failed_polls,
    sum(postings_seen)::bigint as postings_seen,
    max(polled_on) as last_polled,
    max(polled_on) filter (where result <> 'failed') as last_read
from {{ ref('stg_coverage') }}
group by source, month, employer_id
