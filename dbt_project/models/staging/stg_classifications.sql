select
    posting_id,
    posting_month,
    title_id,
    best_title_id,
    probability,
    evaluation,
    model_version
from {{ dataset('classifications') }}
