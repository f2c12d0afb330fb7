-- Every title that a posting can be counted under, the reserved one included.
select
    title_id,
    title_en,
    title_zh,
    family,
    seniority_band
from {{ ref('stg_taxonomy') }}
where title_id <> 'unassigned'
union all
select
    'unassigned' as title_id,
    'Unassigned' as title_en,
    '未归类' as title_zh,
    null as family,
    null as seniority_band
