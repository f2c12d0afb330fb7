with counts as (
    select
        title_id,
        posting_month,
        sum(postings)::bigint as postings
    from {{ ref('int_title_month_cube') }}
    group by title_id, posting_month
),

months as (
    select
        posting_month,
        sum(postings)::bigint as postings
    from counts
    group by posting_month
),

-- A title's month without postings is a zero, which a line through the months must show.
grid as (
    select
        titles.title_id,
        months.posting_month,
        months.postings as month_postings
    from (select distinct title_id from counts) as titles
    cross join months
)

select
    grid.title_id,
    titles.title_en,
    grid.posting_month,
    coalesce(counts.postings, 0)::bigint as postings,
    {{ share('coalesce(counts.postings, 0)', 'grid.month_postings') }} as share,
    {{ flag_list([
        ['unassigned', "grid.title_id = 'unassigned'"],
        ['few_postings', 'coalesce(counts.postings, 0) < ' ~ var('min_postings')],
        ['unknown_month', "grid.posting_month = 'unknown'"],
    ]) }} as flags,
    {{ version_columns() }}
from grid
cross join {{ ref('int_versions') }} as versions
left join counts on grid.title_id = counts.title_id and grid.posting_month = counts.posting_month
left join {{ ref('int_titles') }} as titles on grid.title_id = titles.title_id
order by grid.title_id, grid.posting_month
