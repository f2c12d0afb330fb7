{{ config(materialized='table') }}

select
    windows.pair,
    cube.title_id,
    cube.dimension,
    coalesce(industries.industry_en, cube.value) as value,
    cube.country,
    coalesce(sum(cube.postings) filter (where {{ in_window('cube.posting_month', 'base') }}), 0)::bigint
        as base_postings,
    coalesce(sum(cube.postings) filter (where {{ in_window('cube.posting_month', 'current') }}), 0)::bigint
        as current_postings
from {{ ref('int_windows') }} as windows
inner join {{ ref('int_title_dimension_cube') }} as cube
    on
        {{ in_window('cube.posting_month', 'base') }}
        or {{ in_window('cube.posting_month', 'current') }}
left join {{ ref('industries') }} as industries
    on cube.dimension = 'industry' and cube.value = industries.industry_id
group by all
