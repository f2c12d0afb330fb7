-- Of the whole market, every dimension of a month holds each posting once; not so skills, of which a posting
-- may ask for several.
with counted as (
    select
        posting_month,
        dimension,
        sum(postings) as postings
    from {{ ref('int_role_month_cells') }}
    where scope_id = 'all_industries' and role_id = 'all' and dimension <> 'skill'
    group by posting_month, dimension
    union all
    select
        posting_month,
        'pay' as dimension,
        sum(postings) as postings
    from {{ ref('int_role_month_pay') }}
    where scope_id = 'all_industries' and role_id = 'all'
    group by posting_month
    union all
    select
        posting_month,
        'title and ' || dimension as dimension,
        sum(postings) as postings
    from {{ ref('int_title_dimension_cube') }}
    group by posting_month, dimension
),

volume as (
    select
        posting_month,
        sum(postings) as postings
    from {{ ref('mart_volume') }}
    group by posting_month
)

select
    counted.posting_month,
    counted.dimension,
    counted.postings as counted_postings,
    volume.postings as all_postings
from counted
full outer join volume on counted.posting_month = volume.posting_month
where counted.postings is distinct from volume.postings
