with newest as (
    select
        source,
        sum(postings)::bigint as postings,
        min(first_posted) as first_posted,
        max(newest_posted) as newest_posted,
        max(nullif(posting_month, 'unknown')) as newest_month
    from {{ ref('int_source_months') }}
    group by source
),

polls as (
    select
        source,
        max(last_polled) as last_polled,
        max(last_read) as last_read
    from {{ ref('int_board_months') }}
    group by source
)

select
    newest.source,
    newest.postings,
    coalesce(months.employers, 0) as employers_in_newest_month,
    newest.first_posted,
    newest.newest_posted,
    newest.newest_month,
    coalesce(months.postings, 0) as postings_in_newest_month,
    polls.last_polled,
    polls.last_read,
    {{ flag_list([
        [
            'ends_early',
            'newest.newest_month < (select windows.current_to from ' ~ ref('int_windows') ~ ' as windows where windows.position = 1)'
        ],
        ['last_polls_failed', 'polls.last_polled > coalesce(polls.last_read, date \'0001-01-01\')'],
    ]) }} as flags,
    {{ version_columns() }}
from newest
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_source_months') }} as months
    on newest.source = months.source and newest.newest_month = months.posting_month
left join polls on newest.source = polls.source
order by newest.source
