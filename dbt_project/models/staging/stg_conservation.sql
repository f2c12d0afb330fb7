select
    source,
    posting_month,
    raw_records,
    postings,
    reobservations,
    quarantined,
    balance
from {{ dataset('conservation') }}
