-- A withheld interval is no interval, whatever the numbers beside the reason.
select
    pair,
    title_id,
    base_postings,
    current_postings,
    case when withheld is null then change_low end as change_low,
    case when withheld is null then change_high end as change_high,
    employers_effective,
    estimand,
    withheld
from {{ dataset('estimates') }}
