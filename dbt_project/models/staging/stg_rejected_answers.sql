select
    task_id,
    reason,
    message
from {{ dataset('rejected_answers') }}
