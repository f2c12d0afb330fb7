{{ config(description="Where duplicates were looked for, every posting has one class, month by month.") }}
with classes as (
    select
        posting_month,
        sum(postings) as postings
    from {{ ref('mart_duplicates') }}
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
    coalesce(classes.posting_month, volume.posting_month) as posting_month,
    classes.postings as classed_postings,
    volume.postings as counted_postings
from classes
full outer join volume on classes.posting_month = volume.posting_month
where
    (select count(*) from classes) > 0
    and classes.postings is distinct from volume.postings
