select
    posting_id,
    posting_month,
    class,
    canonical_id,
    cluster_id
from {{ dataset('duplicates') }}
