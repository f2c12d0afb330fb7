select
    task_id,
    worker,
    title_id
from {{ dataset('answers') }}
