select
    source,
    employer_id,
    polled_on,
    month,
    result,
    postings_seen
from {{ dataset('coverage') }}
