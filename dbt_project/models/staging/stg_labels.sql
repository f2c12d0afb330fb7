select
    posting_id,
    title_id,
    confidence,
    answers,
    agreement,
    method,
    label_version
from {{ dataset('labels') }}
