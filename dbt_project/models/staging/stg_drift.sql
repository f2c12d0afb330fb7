-- The test over all titles: families stand in the dataset only.
select
    pair,
    base_rows,
    current_rows,
    base_right,
    current_right,
    difference,
    p_value
from {{ dataset('drift') }}
where level = 'market'
