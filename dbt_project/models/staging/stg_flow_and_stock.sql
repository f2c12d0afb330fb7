-- One row per source and month that a study with sightings covers.
select
    source,
    month,
    days,
    opened,
    closed,
    stock
from {{ dataset('flow_and_stock') }}
