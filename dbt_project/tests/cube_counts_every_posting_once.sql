{{ config(description="The cube loses no posting to a join and counts none twice, month by month.") }}
with cube as (
    select
        posting_month,
        sum(postings) as postings
    from {{ ref('int_title_month_cube') }}
    group by posting_month
),

volume as (
    select
        posting_month,
        sum(postings) as postings
    from {{ ref('mart_volume') }}
    group by posting_month
)

select
    coalesce(cube.posting_month, volume.posting_month) as posting_month,
    cube.postings as cube_postings,
    volume.postings as counted_postings
from cube
full outer join volume on cube.posting_month = volume.posting_month
where cube.postings is distinct from volume.postings
