{{ config(description="The law counts rows that exist: those of the datasets, per source and month.") }}
with found as (
    select
        source,
        posting_month,
        count(*) as postings,
        0 as reobservations,
        0 as quarantined
    from {{ ref('stg_postings') }}
    group by source, posting_month
    union all
    select
        source,
        posting_month,
        0 as postings,
        count(*) as reobservations,
        0 as quarantined
    from {{ ref('stg_reobservations') }}
    group by source, posting_month
    union all
    select
        source,
        posting_month,
        0 as postings,
        0 as reobservations,
        count(*) as quarantined
    from {{ ref('stg_quarantine') }}
    group by source, posting_month
),

counted as (
    select
        source,
        posting_month,
        sum(postings) as postings,
        sum(reobservations) as reobservations,
        sum(quarantined) as quarantined
    from found
    group by source, posting_month
)

select
    coalesce(stated.source, counted.source) as source,
    coalesce(stated.posting_month, counted.posting_month) as posting_month,
    stated.postings as stated_postings,
    counted.postings as counted_postings,
    stated.reobservations as stated_reobservations,
    counted.reobservations as counted_reobservations,
    stated.quarantined as stated_quarantined,
    counted.quarantined as counted_quarantined
from {{ ref('mart_conservation') }} as stated
full outer join counted on stated.source = counted.source and stated.posting_month = counted.posting_month
where
    coalesce(stated.postings, 0) <> coalesce(counted.postings, 0)
    or coalesce(stated.reobservations, 0) <> coalesce(counted.reobservations, 0)
    or coalesce(stated.quarantined, 0) <> coalesce(counted.quarantined, 0)
