{{ config(description="Each raw record became a posting, a re-observation or a quarantine row.") }}
select
    source,
    posting_month,
    balance
from {{ ref('mart_conservation') }}
where balance <> 0 or raw_records <> postings + reobservations + quarantined
