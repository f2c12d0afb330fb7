select
    worker,
    answers,
    gold_answers,
    gold_right,
    used
from {{ dataset('workers') }}
