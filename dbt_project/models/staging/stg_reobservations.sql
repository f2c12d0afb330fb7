select
    batch,
    source,
    file,
    row as file_row,
    source_id,
    month as posting_month,
    posting_id
from {{ dataset('reobservations') }}
