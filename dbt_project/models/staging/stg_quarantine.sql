select
    batch,
    source,
    file,
    row as file_row,
    source_id,
    month as posting_month,
    field,
    reason,
    message
from {{ dataset('quarantine') }}
