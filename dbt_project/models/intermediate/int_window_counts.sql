{{ config(materialized='table') }}

select
    windows.pair,
    cube.title_id,
    coalesce(sum(cube.postings) filter (where {{ in_window('cube.posting_month', 'base') }}), 0)::bigint
        as base_postings,
    coalesce(sum(cube.postings) filter (where {{ in_window('cube.posting_month', 'current') }}), 0)::bigint
        as current_postings
from {{ ref('int_windows') }} as windows
inner join {{ ref('int_title_month_cube') }} as cube
    on
        {{ in_window('cube.posting_month', 'base') }}
        or {{ in_window('cube.posting_month', 'current') }}
group by all
